internal import CTransport

/// The one table through which the shim calls back, always on the loop's thread.
///
/// SAFETY for all of it: a loop's context is its `LoopCore`, which lives until the loop is destroyed. A stream's, listener's
/// or datagram socket's `user` is a retained object, and the retain is given back with its last callback.
enum LoopCallbacks {
    static var table: pb_callbacks {
        unsafe pb_callbacks(
            before_block: { context in unsafe core(context).beforeBlock() },
            timer: { context in unsafe core(context).timerDue() },
            grid: { context, count in unsafe core(context).gridTick(missed: count) },
            accepted: { user, descriptor, peer, _ in
                unsafe object(user, Listener.self).accepted(descriptor, from: SocketAddress(peer))
            },
            accept_paused: { user, error in unsafe object(user, Listener.self).paused(error) },
            opened: { user in unsafe object(user, ByteStream.self).comeUp() },
            received: { user, bytes, count in
                var span = unsafe MutableSpan(_unsafeStart: bytes, count: count)
                // The retain of every read would be one too many: the shim's own keeps the stream until `closed`.
                unsafe Unmanaged<ByteStream>.fromOpaque(user)._withUnsafeGuaranteedRef { $0.receive(&span) }
            },
            writable: { user in unsafe object(user, ByteStream.self).becomeWritable() },
            closed: { user, why, text in
                let reason = unsafe CloseReason(why, text: String(cString: text))
                unsafe Unmanaged<ByteStream>.fromOpaque(user).takeRetainedValue().end(reason)
            },
            datagram: { user, bytes, count, from in
                let span = unsafe Span(_unsafeStart: bytes, count: count)
                unsafe object(user, DatagramSocket.self).receive(span, from: from.flatMap { unsafe SocketAddress($0) })
            },
            datagram_failed: { user, error in unsafe object(user, DatagramSocket.self).fail(error) },
            resolved: { context, query, addresses, count, error in
                let answer: Result<[SocketAddress], ResolveFailure>
                if let error = unsafe error {
                    answer = unsafe .failure(ResolveFailure(message: String(cString: error)))
                } else {
                    let found = unsafe UnsafeBufferPointer(start: addresses, count: count)
                    answer = unsafe .success(found.compactMap { SocketAddress($0) })
                }
                unsafe core(context).resolver.answered(query, answer, at: core(context).now)
            })
    }
}

private func core(_ context: UnsafeMutableRawPointer) -> LoopCore { unsafe object(context, LoopCore.self) }

private func object<T: AnyObject>(_ pointer: UnsafeMutableRawPointer, _: T.Type) -> T {
    unsafe Unmanaged<T>.fromOpaque(pointer).takeUnretainedValue()
}
