/// One piece of memory, linked to the next one of its ring or of the pool.
final class Slab {
    static let byteCount = 4_096

    var next: Slab?
    private var storage = Storage()

    func write(_ source: Span<UInt8>, at start: Int) {
        storage.write(source, at: start)
    }

    func read(_ range: Range<Int>, into target: inout MutableSpan<UInt8>, at offset: Int) {
        storage.read(range, into: &target, at: offset)
    }

    /// An array and not an `InlineArray`: the span of one that a class holds is a span of a copy (6.3.1).
    private struct Storage: ~Copyable {
        private var bytes = [UInt8](repeating: 0, count: Slab.byteCount)

        mutating func write(_ source: Span<UInt8>, at start: Int) {
            var target = bytes.mutableSpan
            target.replace(at: start, with: source)
        }

        borrowing func read(_ range: Range<Int>, into target: inout MutableSpan<UInt8>, at offset: Int) {
            target.replace(at: offset, with: bytes.span.extracting(range))
        }
    }
}
