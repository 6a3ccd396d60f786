public import HTTPWire

/// Names one request, in its answer, in logs and in problems: the client's own name for it if that is well-formed.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    public static let header = "X-Request-Id"
    static let lengthLimit = 128

    public let description: String

    /// A fresh one.
    public init() {
        self.init(
            [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)].map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.utf8.count) + digits
            }.joined())
    }

    private init(_ description: String) {
        self.description = description
    }

    /// The one that a request brings, if it is fit to be repeated in headers, JSON and logs; else a fresh one.
    public init(of headers: Headers?) {
        let given = headers?.values(of: Self.header) ?? []
        guard given.count == 1, Self.isWellFormed(given[0]) else {
            self.init()
            return
        }
        self.init(given[0])
    }

    private static func isWellFormed(_ text: String) -> Bool {
        (1...lengthLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
