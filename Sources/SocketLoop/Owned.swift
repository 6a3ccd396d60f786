/// A value on the heap with one owner, who alone touches it, on one thread. For what every frame needs: an ordinary stored
/// property of a class is checked by the runtime at each access, which costs a tenth of a frame's own work.
///
/// SAFETY: the owner must not reach the same value again while it is lent, and not from two threads.
@safe
package struct Owned<Value: ~Copyable>: ~Copyable {
    private let pointer: UnsafeMutablePointer<Value>

    package init(_ value: consuming Value) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: value)
    }

    deinit {
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    /// Where the value is, for whoever wants it in the cache in time.
    package var place: UnsafeRawPointer { unsafe UnsafeRawPointer(pointer) }

    package var value: Value {
        unsafeAddress { unsafe UnsafePointer(pointer) }
        nonmutating unsafeMutableAddress { unsafe pointer }
    }
}
