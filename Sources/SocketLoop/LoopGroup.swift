internal import CTransport
internal import Glibc
internal import Synchronization

/// The loops of this process.
public struct LoopGroup: Sendable {
    public let loops: [SocketLoop]

    /// Hears what the library under the loops says, which is rarely, and then of trouble. Called on any thread.
    public typealias LibraryLog = @Sendable (_ isError: Bool, _ line: String) -> Void

    /// C calls back without a context, so there is one for the process: the latest that was given.
    private static let libraryLog = Mutex<LibraryLog>(writeToStandardError)

    private static let writeToStandardError: LibraryLog = { isError, line in
        let text = "libwebsockets \(isError ? "E" : "W"): \(line)\n"
        // SAFETY: reads the text's bytes during the call.
        unsafe _ = write(STDERR_FILENO, text, text.utf8.count)
    }

    /// Once, before the first loop.
    private static let processIsPrepared: Void = {
        unsafe pb_process_prepare { level, line in
            let text = unsafe String(cString: line)
            LoopGroup.libraryLog.withLock { $0 }(level == Int32(UInt8(ascii: "E")), text)
        }
        _ = pb_process_raise_descriptor_limit()
    }()

    /// Loops that were started by somebody else.
    public init(_ loops: [SocketLoop]) {
        precondition(!loops.isEmpty, "a group has at least one loop")
        self.loops = loops
    }

    /// Starts `count` loops; 0 means one per core.
    public init(count: Int = 0, libraryLog: LibraryLog? = nil) throws(SocketError) {
        if let libraryLog { Self.libraryLog.withLock { $0 = libraryLog } }
        Self.processIsPrepared
        var loops: [SocketLoop] = []
        for index in 0..<(count > 0 ? count : Self.coreCount) { loops.append(try SocketLoop(index: index)) }
        for loop in loops { loop.start() }
        // Who is told that the process is ready shall find every loop turning.
        for loop in loops { loop.wait { _ in } }
        self.loops = loops
    }

    /// The cores that this process may run on.
    public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    public var leastLoaded: SocketLoop { loops.min { $0.currentLoad < $1.currentLoad }! }

    public func stop() {
        for loop in loops { loop.stop() }
    }
}
