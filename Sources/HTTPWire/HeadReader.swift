/// What request and response heads have in common: one line, then fields, within limits.
struct HeadReader<FirstLine: Sendable>: Sendable {
    private let limits: HeadLimits
    private let parse: @Sendable (Span<UInt8>) throws(HTTPViolation) -> FirstLine
    private var firstLine: FirstLine?
    private var fields = FieldReader()
    private var hasSkippedLine = false
    private var failure: HTTPViolation?

    init(limits: HeadLimits, parse: @escaping @Sendable (Span<UInt8>) throws(HTTPViolation) -> FirstLine) {
        self.limits = limits
        self.parse = parse
    }

    var isIdle: Bool { fields.isIdle }

    /// Reads on, and turns what a complete head holds into a `Head`. A violation is thrown again by each further call.
    mutating func next<Head>(
        in slice: Span<UInt8>, from position: inout Int,
        make: (FirstLine, Headers) throws(HTTPViolation) -> Head
    ) throws(HTTPViolation) -> Head? {
        if let failure { throw failure }
        do throws(HTTPViolation) {
            guard let firstLine = try readFirstLine(slice, from: &position) else { return nil }
            guard try fields.next(in: slice, from: &position, limits: limits) else { return nil }
            let head = try make(firstLine, fields.headers)
            reset()
            return head
        } catch {
            reset()
            failure = error
            throw error
        }
    }

    private mutating func readFirstLine(
        _ slice: Span<UInt8>, from position: inout Int
    ) throws(HTTPViolation) -> FirstLine? {
        while firstLine == nil {
            guard let line = try fields.firstLine(in: slice, from: &position, limits: limits) else { return nil }
            if line.isEmpty, !hasSkippedLine {
                hasSkippedLine = true  // Some end a body with a line end too many; RFC 9112 section 2.2 forgives it.
            } else {
                firstLine = try parse(line.span)
            }
        }
        return firstLine
    }

    /// Between heads nothing is held.
    private mutating func reset() {
        firstLine = nil
        hasSkippedLine = false
        fields = FieldReader()
    }
}
