import Addresses
import CarrierWire
import Glibc
import JSONWire
import Wording

/// Does what it is asked, line by line: one JSON object in, one out. Python's `twilio` package is at the other end.
@main
struct TwilioPeer {
    static func main() {
        guard CommandLine.arguments.count == 1 else {
            print("usage: twilio-peer <orders >answers")
            exit(2)
        }
        while let line = readLine() {
            var answer = JSONWriter()
            do {
                let order = try JSONObject(parsing: Array(line.utf8).span, limits: .init(bytes: 1 << 24))
                try perform(order, &answer)
            } catch {
                answer.object {
                    $0.key("failed")
                    $0.string("\(error)")
                }
            }
            print(answer.text)
        }
    }

    private static func perform(_ order: JSONObject, _ answer: inout JSONWriter) throws {
        switch try order.string("do") {
        case "sign":
            let signature = TwilioSignature.text(
                url: try order.string("url"), form: try form(order), token: Secret(try order.string("token")))
            answer.object {
                $0.key("signature")
                $0.string(signature)
            }
        case "check":
            let problem = try check(order)
            answer.object {
                $0.key("problem")
                if let problem { $0.string(problem) } else { $0.null() }
            }
        case "twiml":
            let document = try TwiML(order.array("verbs").map { try TwiMLOrder.verb($0) }).inlineDocument()
            answer.object {
                $0.key("xml")
                $0.string(document)
            }
        case "request": try RequestOrder.write(RequestOrder.request(order), to: &answer)
        default: throw JSONError.invalidValue("do")
        }
    }

    /// The code of what is wrong with the signature; nil when it is right.
    private static func check(_ order: JSONObject) throws -> String? {
        let origin = try WebURL(order.string("origin"))
        let target = try order.string("target")
        let request =
            switch try order.string("kind") {
            case "form": TwilioSignedRequest(origin: origin, target: target, content: .form(try form(order)))
            case "body":
                TwilioSignedRequest(
                    origin: origin, target: target, content: .body(Array(try order.string("body").utf8)))
            case "get": TwilioSignedRequest(origin: origin, target: target, content: .none)
            case "upgrade": TwilioSignedRequest(upgradeAt: origin, target: target)
            default: throw JSONError.invalidValue("kind")
            }
        let signature = try order.string("signature")
        let tokens = [Secret("an older token"), Secret(try order.string("token"))]
        do throws(CarrierError) {
            try TwilioSignature(tokens: tokens).check(request, header: [signature])
            return nil
        } catch {
            return error.code
        }
    }

    private static func form(_ order: JSONObject) throws -> WebForm {
        try WebForm(parsing: Array((order.optionalString("body") ?? "").utf8).span)
    }
}
