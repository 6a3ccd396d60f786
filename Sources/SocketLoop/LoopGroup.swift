internal import CTransport
internal import Glibc

/// The loops of this process.
public struct LoopGroup: Sendable {
    public let loops: [SocketLoop]

    /// Starts `count` loops; 0 means one per core.
    public init(count: Int = 0) throws(SocketError) {
        unsafe pb_process_prepare { level, line in
            // The libraries speak rarely, and then of trouble.
            let text = unsafe "libwebsockets \(UnicodeScalar(UInt8(level))): \(String(cString: line))\n"
            unsafe _ = write(STDERR_FILENO, text, text.utf8.count)
        }
        _ = pb_process_raise_descriptor_limit()
        var loops: [SocketLoop] = []
        for index in 0..<(count > 0 ? count : Self.coreCount) { loops.append(try SocketLoop(index: index)) }
        for loop in loops { loop.start() }
        self.loops = loops
    }

    /// The cores that this process may run on.
    public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    public var leastLoaded: SocketLoop { loops.min { $0.currentLoad < $1.currentLoad }! }

    public func stop() {
        for loop in loops { loop.stop() }
    }
}
