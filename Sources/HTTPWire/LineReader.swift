/// Cuts a stream into lines. Only CR LF ends one; a CR or LF alone, and any control character but a tab, is refused
/// at once. Each byte is looked at once, and no more is kept than the line in progress.
struct LineReader {
    /// The line that `next` completed, without its end.
    private(set) var line: [UInt8] = []
    private var isComplete = false
    private var hasReturn = false

    /// Bytes of the line in progress, its end included.
    var count: Int { isComplete ? 0 : line.count + (hasReturn ? 1 : 0) }

    /// Reads on from `position`. True when a line is complete, false when the slice is used up.
    ///
    /// - Parameters:
    ///   - limit: How long the line may be, its end included.
    ///   - excess: What to throw if it is longer.
    mutating func next(
        in slice: Span<UInt8>, from position: inout Int, limit: Int, excess: HTTPViolation
    ) throws(HTTPViolation) -> Bool {
        if isComplete {
            line.removeAll(keepingCapacity: true)
            isComplete = false
        }
        while position < slice.count {
            let byte = slice[position]
            position += 1
            guard count < limit else { throw excess }
            switch byte {
            case 0x0A:
                guard hasReturn else { throw .bareLineEnd }
                hasReturn = false
                isComplete = true
                return true
            case _ where hasReturn: throw .bareLineEnd
            case 0x0D: hasReturn = true
            case _ where FieldSyntax.isValueByte(byte): line.append(byte)
            default: throw .controlCharacter(byte)
            }
        }
        return false
    }

    /// Gives back the memory between messages.
    mutating func reset() {
        self = LineReader()
    }
}
