import Foundation
import Synchronization
import Telemetry
import Timeline

/// Keeps the records it is given.
final class RecordingDestination: LogDestination {
    private let kept = Mutex<[LogRecord]>([])

    var records: [LogRecord] { kept.withLock { $0 } }

    func accept(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}

/// A pipe whose reading end is read by nobody until a test asks.
final class TestPipe: Sendable {
    let reader: FileHandle
    let writer: FileHandle

    init() {
        let pipe = Pipe()
        reader = pipe.fileHandleForReading
        writer = pipe.fileHandleForWriting
    }

    var descriptor: Int32 { writer.fileDescriptor }

    /// Closes the writing end and returns the rest.
    func drain() throws -> String {
        try writer.close()
        return String(decoding: try reader.readToEnd() ?? Data(), as: UTF8.self)
    }

    /// Reads up to the end on a thread of its own, so that a test that blocks cannot hold it up.
    func reading() -> AsyncStream<String> {
        AsyncStream { continuation in
            let started = SystemThread.start(name: "reader") {
                continuation.yield(String(decoding: (try? self.reader.readToEnd()) ?? Data(), as: UTF8.self))
                continuation.finish()
            }
            if !started { continuation.finish() }
        }
    }
}

extension Deadline {
    /// Long enough for any machine; a test that gets here has failed.
    static var soon: Deadline { Deadline(limit: .seconds(30), from: SystemClock.now()) }
}

extension AsyncStream<String> {
    func whole() async -> String {
        await reduce("", +)
    }
}

/// An independent reader's view of one line; nil when it is not one JSON object.
func parsed(_ line: some StringProtocol) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
}

let noon = UTCTime(millisecondsSince1970: 1_768_473_000_123)
