internal import Addresses
internal import Telemetry
internal import Wording

/// Why a value does not fit; `expected` ends the sentence "…: expected".
struct Unfit: Error {
    let expected: String
    /// Where inside the value, when that is known better than where the value begins.
    var position: SourcePosition?
    /// What stands there, when it is not the whole value.
    var found: String?
    /// Said instead of "cannot be VALUE: expected EXPECTED".
    var statement: String?
}

/// How one kind of value is read from words and from the file, and shown.
struct SettingKind<Value: Sendable>: Sendable {
    let expected: String
    /// From the environment or a flag.
    let read: @Sendable (String) throws(Unfit) -> Value
    let readNode: @Sendable (JSON5Node) throws(Unfit) -> Value
    let show: @Sendable (Value, inout JSONWriter) -> Void
}

extension SettingKind {
    /// The same for a setting that may be left without a value.
    var optional: SettingKind<Value?> {
        SettingKind<Value?>(
            expected: expected,
            read: { (text) throws(Unfit) in try read(text) },
            readNode: { (node) throws(Unfit) in try readNode(node) },
            show: { value, json in
                if let value { show(value, &json) } else { json.null() }
            })
    }

    /// A value that the file writes as text.
    static func spelled(
        _ expected: String, show: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable (String) throws(Unfit) -> Value
    ) -> SettingKind {
        SettingKind(
            expected: expected, read: read,
            readNode: { (node) throws(Unfit) in
                guard case .string(let text) = node.value else { throw Unfit(expected: expected) }
                return try read(text)
            },
            show: { value, json in json.string(show(value)) })
    }

    /// The same, where there is one reason not to fit.
    static func text(
        _ expected: String, show: @escaping @Sendable (Value) -> String, read: @escaping @Sendable (String) -> Value?
    ) -> SettingKind {
        spelled(expected, show: show) { (text) throws(Unfit) in
            guard let value = read(text) else { throw Unfit(expected: expected) }
            return value
        }
    }

    /// One of a few words.
    static func word(_ words: KeyValuePairs<String, Value>) -> SettingKind where Value: Equatable {
        let names = words.map { "\"\($0.key)\"" }
        let expected = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        return .text(
            expected, show: { value in words.first { $0.value == value }?.key ?? "" },
            read: { text in words.first { $0.key == text }?.value })
    }

    /// A list: in the file a list or one text, elsewhere parted by commas.
    static func list<Element>(of element: SettingKind<Element>) -> SettingKind where Value == [Element] {
        let expected = "\(element.expected), or a list of them"
        let fromText: @Sendable (String) throws(Unfit) -> [Element] = { (text) throws(Unfit) in
            var elements: [Element] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                elements.append(try element.read(trimmed(part)))
            }
            return elements
        }
        return SettingKind(
            expected: expected, read: fromText,
            readNode: { (node) throws(Unfit) in
                switch node.value {
                case .string(let text):
                    return try fromText(text)
                case .array(let nodes):
                    var elements: [Element] = []
                    for node in nodes {
                        do throws(Unfit) {
                            elements.append(try element.readNode(node))
                        } catch {
                            throw Unfit(expected: error.expected, position: node.position, found: node.shown)
                        }
                    }
                    return elements
                default:
                    throw Unfit(expected: expected)
                }
            },
            show: { values, json in
                json.array { json in
                    for value in values { element.show(value, &json) }
                }
            })
    }

    private static func trimmed(_ text: Substring) -> String {
        let rest = text.drop { $0 == " " }
        return String(rest.reversed().drop { $0 == " " }.reversed())
    }
}

extension SettingKind<HostPort> {
    static let address = text("an address such as \"127.0.0.1:8080\" or \"[::1]:8080\"", show: \.description) {
        HostPort($0)
    }
}

extension SettingKind<AddressRange> {
    static let addressRange = text("an IP address or range such as \"10.0.0.0/8\"", show: \.description) {
        AddressRange($0)
    }
}

extension SettingKind<TurnURL> {
    static let turnURL = text("a server such as \"turn:turn.example.com:3478?transport=udp\"", show: \.description) {
        TurnURL($0)
    }
}

extension SettingKind<WebURL> {
    /// `isPlainOnLoopbackOnly` lets the schemes without TLS reach this machine alone.
    static func url(
        _ schemes: [WebURL.Scheme], hasPath: Bool = true, isPlainOnLoopbackOnly: Bool = false
    ) -> SettingKind {
        let expected =
            "a URL that begins with " + schemes.map { "\($0.rawValue)://" }.joined(separator: " or ")
            + (hasPath ? "" : " and has no path")
            + (isPlainOnLoopbackOnly ? " (without TLS only to this machine)" : "")
        return spelled(expected, show: \.description) { (text) throws(Unfit) in
            let url: WebURL
            do throws(WebURL.Problem) {
                url = try WebURL(text)
            } catch {
                // Whatever else is wrong with it: a password that it may hold is not repeated.
                let found = text.contains("@") ? "this" : nil
                switch error {
                case .notAURL: throw Unfit(expected: expected, found: found)
                case .hasCredentials: throw Unfit(expected: "a URL without user name and password in it", found: found)
                case .hasFragment: throw Unfit(expected: "a URL without '#'", found: found)
                }
            }
            guard schemes.contains(url.scheme), hasPath || ["", "/"].contains(url.path) && url.query == nil,
                !isPlainOnLoopbackOnly || url.scheme.isSecure || url.isLoopback
            else { throw Unfit(expected: expected) }
            return url
        }
    }
}

extension SettingKind<String> {
    static func string(_ expected: String) -> SettingKind {
        text(expected, show: \.self) { Self.isClean($0) ? $0 : nil }
    }

    static let dialPrefix = text("a prefix such as \"+1\" or \"+4930\"", show: \.self) { text in
        let digits = text.dropFirst()
        return text.hasPrefix("+") && digits.count <= 15 && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
            ? text : nil
    }

    /// Neither empty nor fit to smuggle anything into a header or a terminal.
    fileprivate static func isClean(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 4_096
            && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
}

extension SettingKind<Secret> {
    static let secret = text("text without line breaks", show: \.description) {
        SettingKind<String>.isClean($0) ? Secret($0) : nil
    }
}

extension SettingKind<APIToken> {
    static let apiToken = text("a token, with \"read:\" before it if it is read-only", show: \.token.description) {
        SettingKind<String>.isClean($0) ? APIToken($0) : nil
    }
}

extension SettingKind<DatabaseLocation> {
    static let database = text("\"sqlite:FILE\" or \"sqlite::memory:\"", show: \.description) {
        SettingKind<String>.isClean($0) ? DatabaseLocation($0) : nil
    }
}

extension SettingKind<LogLevel> {
    static let logLevel = word(["debug": .debug, "info": .info, "warning": .warning, "error": .error])
}

extension SettingKind<LogFormat> {
    static let logFormat = word(["text": .text, "json": .json])
}

extension SettingKind<WhenFull> {
    static let whenFull = word(["ready": .ready, "unready": .unready])
}

extension SettingKind<TelnyxCodec> {
    static let telnyxCodec = word(["PCMU": .pcmu, "PCMA": .pcma, "OPUS": .opus])
}

extension SettingKind<TelnyxOpusFraming> {
    static let opusFraming = word(["packet": .packet, "rtp": .rtp])
}
