/// A FIFO of samples or bytes with a fixed capacity. Allocates once, in `init`; a full one takes no more, and says so.
///
/// Inlinable, so that whoever uses it gets code for its own kind of element.
///
/// - Invariant: `0 <= count <= capacity` and `0 <= head < capacity`.
public struct Ring<Element: BitwiseCopyable & Sendable>: ~Copyable {
    @usableFromInline var used = 0
    @usableFromInline var head = 0
    @usableFromInline var storage: [Element]  // One owner, so never copied on write.

    /// - Parameter filler: What the storage holds until something is appended; nobody gets to see it.
    @inlinable
    init(capacity: Int, filler: Element) {
        precondition(capacity > 0, "a ring without room")
        storage = Array(repeating: filler, count: capacity)
    }

    @inlinable public var count: Int { used }
    @inlinable public var capacity: Int { storage.count }
    @inlinable public var room: Int { storage.count - used }

    /// Appends as many as fit and returns how many did.
    @inlinable
    @discardableResult
    public mutating func append(_ elements: Span<Element>) -> Int {
        let accepted = min(elements.count, room)
        let end = head + count
        let start = end < storage.count ? end : end - storage.count
        let first = min(accepted, storage.count - start)
        var target = storage.mutableSpan
        target.replace(at: start, with: elements.extracting(first: first))
        target.replace(at: 0, with: elements.extracting(first..<accepted))
        used += accepted
        return accepted
    }

    /// Moves the oldest ones to `target`, from `offset` on, as many as there are and fit; returns how many.
    @inlinable
    @discardableResult
    public mutating func take(into target: inout MutableSpan<Element>, at offset: Int = 0) -> Int {
        let taken = min(count, target.count - offset)
        let first = min(taken, storage.count - head)
        target.replace(at: offset, with: storage.span.extracting(head..<head + first))
        target.replace(at: offset + first, with: storage.span.extracting(first: taken - first))
        removeFirst(taken)
        return taken
    }

    /// Drops the oldest ones.
    ///
    /// - Precondition: There are as many.
    @inlinable
    public mutating func removeFirst(_ dropped: Int) {
        precondition(0...count ~= dropped, "more dropped than there is")
        head = head + dropped < storage.count ? head + dropped : head + dropped - storage.count
        used -= dropped
    }

    @inlinable
    public mutating func removeAll() {
        head = 0
        used = 0
    }
}

public typealias SampleRing = Ring<Int16>
public typealias ByteRing = Ring<UInt8>

extension Ring where Element: BinaryInteger {
    @inlinable
    public init(capacity: Int) { self.init(capacity: capacity, filler: 0) }
}
