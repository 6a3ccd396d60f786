import Addresses
import CarrierWire
import JSONWire
import Wording

/// Requests as the tests name them.
enum RequestOrder {
    private static let api = TwilioAPI(account: "AC00000000000000000000000000000001")
    private static let call = "CA00000000000000000000000000000001"

    static func request(_ order: JSONObject) throws -> TwilioRequest {
        let base = "https://pb.example.com"
        let status = TwilioCallback(try WebURL("\(base)/status"))
        switch try order.string("what") {
        case "create":
            return try api.createCall(
                TwilioNewCall(
                    from: PhoneNumber("+14155550199"), to: PhoneNumber("+14155550100"),
                    instructions: .ask(try WebURL("\(base)/voice?a=1&b=2"), orElse: try WebURL("\(base)/sorry")),
                    statusCallback: status, ringSeconds: 25, limitSeconds: 3_600, machineDetection: .early(status),
                    digits: "ww12#"))
        case "create-inline":
            return try api.createCall(
                TwilioNewCall(
                    from: PhoneNumber("+14155550199"), to: PhoneNumber("client:bob"),
                    instructions: .follow(TwiML([.hangup])), limitSeconds: 60))
        case "hang-up": return try api.updateCall(call, .hangUp)
        case "cancel": return try api.updateCall(call, .cancel)
        case "instruct": return try api.updateCall(call, .ask(try WebURL("\(base)/voice")))
        case "fetch": return api.fetchCall(call)
        case "list": return api.listCalls(from: "+14155550199", to: "+14155550100", status: "in-progress")
        case "numbers": return api.listPhoneNumbers(number: "+14155550199")
        case "route":
            return api.updatePhoneNumber(
                "PN00000000000000000000000000000001",
                TwilioPhoneNumberRouting(
                    voice: try WebURL("\(base)/voice"), fallback: try WebURL("\(base)/sorry"), statusCallback: status))
        default: throw JSONError.invalidValue("what")
        }
    }

    static func write(_ request: TwilioRequest, to json: inout JSONWriter) {
        json.object {
            $0.key("method")
            $0.string(request.method.rawValue)
            $0.key("target")
            $0.string(request.target)
            $0.key("body")
            $0.string(String(decoding: request.body, as: UTF8.self))
        }
    }
}
