/// A part of a path that varies, with the type that it is read as. A path whose part does not read is not found.
public struct PathParameter<Value: Sendable>: Sendable {
    let name: String
    let read: @Sendable (String) -> Value?

    public init(_ name: String, read: @escaping @Sendable (String) -> Value?) {
        self.name = name
        self.read = read
    }
}

extension PathParameter<String> {
    /// Anything but nothing, up to 256 bytes.
    public static func text(_ name: String) -> PathParameter {
        PathParameter(name) { (1...256).contains($0.utf8.count) ? $0 : nil }
    }
}

extension PathParameter<Int> {
    /// Digits alone.
    public static func integer(_ name: String) -> PathParameter {
        PathParameter(name) { text in
            text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
        }
    }
}

/// Where a route stands: `"/v1/calls/\(callID)/events"`, where `callID` is a `PathParameter`.
public struct RoutePath: ExpressibleByStringInterpolation, Sendable {
    enum Segment: Sendable {
        case literal(String)
        case parameter(name: String, read: @Sendable (String) -> (any Sendable)?)
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate enum Piece {
            case text(String)
            case parameter(name: String, read: @Sendable (String) -> (any Sendable)?)
        }

        fileprivate var pieces: [Piece] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            pieces.append(.text(literal))
        }

        public mutating func appendInterpolation<Value>(_ parameter: PathParameter<Value>) {
            pieces.append(.parameter(name: parameter.name) { parameter.read($0) })
        }
    }

    let segments: [Segment]

    public init(stringLiteral value: String) {
        segments = Self.literals(value)
    }

    public init(stringInterpolation: StringInterpolation) {
        segments = stringInterpolation.pieces.flatMap { piece -> [Segment] in
            switch piece {
            case .text(let text): Self.literals(text)
            case .parameter(let name, let read): [.parameter(name: name, read: read)]
            }
        }
    }

    private static func literals(_ text: String) -> [Segment] {
        text.split(separator: "/").map { .literal(String($0)) }
    }

    /// The segments of a request's path, decoded; nil if they cannot be. A path's last slash begins an empty segment.
    static func segments(of path: Substring) -> [String]? {
        guard path != "/" else { return [] }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let decoded = PercentEncoding.decode(part) else { return nil }
            segments.append(decoded)
        }
        return segments
    }
}
