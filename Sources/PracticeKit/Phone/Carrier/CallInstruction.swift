internal import Timeline
internal import Wording

/// What a document tells the carrier to do with a call, as far as a practice call can do it.
public enum CallInstruction: Hashable, Sendable {
    public struct Stream: Hashable, Sendable {
        public struct Parameter: Hashable, Sendable {
            public let name: String
            public let value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public var url: String
        public var name: String?
        public var parameters: [Parameter]
        /// Where the stream's beginning and end are told.
        public var statusCallback: String?
        /// What is asked for when the stream is over.
        public var action: String?

        public init(
            url: String, name: String? = nil, parameters: [Parameter] = [], statusCallback: String? = nil,
            action: String? = nil
        ) {
            self.url = url
            self.name = name
            self.parameters = parameters
            self.statusCallback = statusCallback
            self.action = action
        }
    }

    case connect(Stream)
    case say(String)
    case play(url: String)
    case pause(Duration)
    case dial([String], action: String?)
    case redirect(url: String)
    case reject(reason: String)
    case hangUp
    /// Shown, and passed over.
    case other(String)

    public struct Fault: Error, Hashable, Sendable {
        public let message: String
    }

    /// Reads a document.
    public static func read(_ document: [UInt8]) throws(Fault) -> [CallInstruction] {
        do throws(XMLElement.Fault) {
            let root = try XMLElement.read(String(decoding: document, as: UTF8.self))
            guard root.name == "Response" else {
                throw XMLElement.Fault(message: "its root is <\(PeerText(root.name))> instead of <Response>")
            }
            return root.children.map(instruction)
        } catch {
            throw Fault(message: "The TwiML cannot be read: \(error.message).")
        }
    }

    private static func instruction(_ element: XMLElement) -> CallInstruction {
        switch element.name {
        case "Connect": connection(element)
        case "Say": .say(PeerText(element.text).description)
        case "Play": .play(url: PeerText(element.text).description)
        case "Pause": .pause(.seconds(Int(element.attributes["length"] ?? "1") ?? 1))
        case "Dial": .dial(parties(of: element), action: element.attributes["action"])
        case "Redirect": .redirect(url: element.text)
        case "Reject": .reject(reason: element.attributes["reason"] ?? "rejected")
        case "Hangup": .hangUp
        default: .other(PeerText(element.name).description)
        }
    }

    private static func connection(_ element: XMLElement) -> CallInstruction {
        guard let stream = element.children(named: "Stream").first, let url = stream.attributes["url"] else {
            return .other("Connect without a Stream and its url")
        }
        let parameters = stream.children(named: "Parameter").map { parameter in
            Stream.Parameter(
                name: parameter.attributes["name"] ?? "", value: parameter.attributes["value"] ?? "")
        }
        return .connect(
            Stream(
                url: url, name: stream.attributes["name"], parameters: parameters,
                statusCallback: stream.attributes["statusCallback"], action: element.attributes["action"]))
    }

    private static func parties(of dial: XMLElement) -> [String] {
        let named = dial.children.map(\.text)
        return (named.isEmpty ? [dial.text] : named).map { PeerText($0).description }
    }

    /// For people.
    public var shown: String {
        switch self {
        case .connect(let stream): "Connect \(PeerText(stream.url))"
        case .say(let text): "Say: \(text)"
        case .play(let url): "Play \(url)"
        case .pause(let duration): "Pause \(duration.inSeconds) s"
        case .dial(let parties, _): "Dial \(parties.joined(separator: ", "))"
        case .redirect(let url): "Redirect to \(PeerText(url))"
        case .reject(let reason): "Reject: \(PeerText(reason))"
        case .hangUp: "Hangup"
        case .other(let name): "\(name) (passed over)"
        }
    }
}
