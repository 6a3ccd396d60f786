internal import CTransport
internal import Synchronization

// Both contexts are OpenSSL's, which are built to be shared between threads once they are set up. Streams that use one
// keep it alive by themselves.

/// A certificate and its key: what a listener shows.
@safe
public final class TLSServerContext: Sendable {
    // SAFETY: never written after init, and OpenSSL locks what it changes inside.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Reads PEM files. With `previous`, clients may resume sessions begun before a certificate swap.
    public init(certificateFile: String, keyFile: String, previous: TLSServerContext? = nil) throws(SocketError) {
        var error = [CChar](repeating: 0, count: 768)
        // SAFETY: the shim writes a terminated text within the buffer and keeps no pointer.
        guard
            let handle = unsafe pb_tls_server(certificateFile, keyFile, previous?.handle, &error, error.count)
        else { throw .tlsUnusable(text(of: error)) }
        unsafe self.handle = handle
    }

    deinit { unsafe pb_tls_free(handle) }
}

/// Whom outgoing connections trust.
@safe
public final class TLSClientContext: Sendable {
    // SAFETY: as above.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Trusts the authorities of a PEM file, or the system's.
    public init(authoritiesFile: String? = nil) throws(SocketError) {
        var error = [CChar](repeating: 0, count: 768)
        // SAFETY: as above.
        guard let handle = unsafe pb_tls_client(authoritiesFile, &error, error.count) else {
            throw .tlsUnusable(text(of: error))
        }
        unsafe self.handle = handle
    }

    deinit { unsafe pb_tls_free(handle) }
}

/// The certificate in use, which a reload may replace while connections are open: those keep the one they began with.
public final class CurrentCertificate: Sendable {
    private let context: Mutex<TLSServerContext>
    private let certificateFile: String
    private let keyFile: String

    public init(certificateFile: String, keyFile: String) throws(SocketError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        context = Mutex(try TLSServerContext(certificateFile: certificateFile, keyFile: keyFile))
    }

    var now: TLSServerContext { context.withLock { $0 } }

    /// Reads both files again. When they are bad, the old certificate stays in use.
    public func reload() throws(SocketError) {
        let fresh = try TLSServerContext(certificateFile: certificateFile, keyFile: keyFile, previous: now)
        context.withLock { $0 = fresh }
    }
}

private func text(of buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
