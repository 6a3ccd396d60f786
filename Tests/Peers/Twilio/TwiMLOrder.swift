import Addresses
import CarrierWire
import JSONWire
import Wording

/// Verbs as the tests write them: `["say", "Hello"]`.
enum TwiMLOrder {
    static func verb(_ value: JSONValue) throws -> TwiML.Verb {
        guard case .array(let words) = value else { throw JSONError.invalidValue("verbs") }
        func text(_ index: Int) throws -> String {
            guard index < words.count, case .string(let text) = words[index] else {
                throw JSONError.invalidValue("verb")
            }
            return text
        }
        switch try text(0) {
        case "say": return .say(try text(1), voice: "alice", language: "en-US")
        case "play": return .play(digits: try text(1))
        case "pause": return .pause(seconds: try text(1).utf8.count)
        case "redirect": return .redirect(try WebURL(text(1)))
        case "reject": return .reject(busy: true)
        case "hangup": return .hangup
        case "dial":
            let callback = TwilioCallback(try WebURL(text(2)))
            return .dial(
                TwiMLDial(
                    number: PhoneNumber(try text(1)), callerID: PhoneNumber("+14155550199"), ringSeconds: 20,
                    limitSeconds: 1_800, action: callback, statusCallback: callback))
        case "connect":
            let callback = TwilioCallback(try WebURL(text(2)))
            let stream = TwiMLStream(
                url: try WebURL(text(1)), name: try text(3), statusCallback: callback,
                parameters: [.init("first", try text(4)), .init(try text(4), "second")])
            return .connect(stream, action: callback)
        default: throw JSONError.invalidValue("verb")
        }
    }
}
