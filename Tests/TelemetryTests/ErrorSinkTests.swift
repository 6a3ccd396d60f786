import Synchronization
import Telemetry
import Testing
import Timeline
import Wording

@Suite("Error sink")
struct ErrorSinkTests {
    private final class Clock: Sendable {
        private let milliseconds = Atomic<Int64>(0)

        func advance() { milliseconds.wrappingAdd(1_000, ordering: .relaxed) }

        var now: UTCTime { UTCTime(millisecondsSince1970: milliseconds.load(ordering: .relaxed)) }
    }

    private final class Store: ErrorStore {
        private let kept = Mutex<[ErrorRecord]>([])

        var records: [ErrorRecord] { kept.withLock { $0 } }

        func absorb(_ records: [ErrorRecord]) { kept.withLock { $0 += records } }
    }

    private let clock = Clock()
    private let lines = RecordingDestination()
    private let registry = MetricsRegistry()

    private func sink(capacity: Int = 8) -> ErrorSink {
        let logger = Logger(component: "errors", threshold: .info, destination: lines) { noon }
        return ErrorSink(capacity: capacity, logger: logger, registry: registry) { [clock] in clock.now }
    }

    private func refused(_ message: String, _ severity: ErrorSeverity = .error, call: String? = nil) -> ErrorReport {
        ErrorReport(
            code: "upstream.refused", component: "upstream", severity: severity, message: message,
            context: ErrorContext(call: call, number: PhoneNumber("+15550000123")))
    }

    @Test("The same error with other numbers in it is one record, with its count and times")
    func grouping() throws {
        let sink = sink()
        sink.report(refused("Call 0199ab was refused after 20 ms at 10.0.0.7:443.", .critical, call: "1"))
        clock.advance()
        sink.report(refused("Call 7c2f33 was refused after 3 ms at 10.0.0.9:80.", .warning, call: "2"))
        let record = try #require(sink.records.first)
        #expect(sink.records.count == 1)
        #expect(record.count == 2)
        #expect(record.firstSeen == UTCTime(millisecondsSince1970: 0))
        #expect(record.lastSeen == UTCTime(millisecondsSince1970: 1_000))
        #expect(record.report.severity == .critical)
        #expect(record.report.context.call == "2")
        #expect(record.report.message.contains("7c2f33"))
    }

    @Test(
        "Another code, component or message is another error",
        arguments: [
            ErrorReport(code: "upstream.lost", component: "upstream", message: "Refused."),
            ErrorReport(code: "upstream.refused", component: "tools", message: "Refused."),
            ErrorReport(code: "upstream.refused", component: "upstream", message: "Refused again."),
        ])
    func distinct(other: ErrorReport) {
        let sink = sink()
        sink.report(refused("Refused."))
        sink.report(other)
        #expect(sink.records.count == 2)
        #expect(Set(sink.records.map(\.fingerprint)).count == 2)
    }

    @Test("Beyond its capacity it lets go of what was not seen for longest")
    func eviction() {
        let sink = sink(capacity: 3)
        for name in ["a", "b", "c", "a", "d", "e"] {
            sink.report(refused("Refused \(name)."))
            clock.advance()
        }
        #expect(sink.records.map(\.report.message) == ["Refused e.", "Refused d.", "Refused a."])
        #expect(sink.evictions == 2)
    }

    @Test("Every report is a log line and a count, with the number masked")
    func visible() throws {
        let sink = sink()
        sink.report(refused("Refused.", call: "0199"))
        sink.report(refused("Refused.", .warning))
        #expect(lines.records.map(\.level) == [.error, .warning])
        let line = try #require(lines.records.first)
        #expect(line.component == "upstream" && line.event == "upstream.refused" && line.message == "Refused.")
        #expect(line.fields["call"] == "0199")
        #expect(line.fields["number"] == .phone(PhoneNumber("+15550000123")))
        #expect(
            registry.exposition().contains(
                #"patchbay_errors_total{component="upstream",code="upstream.refused"} 2"#))
    }

    @Test("A store takes over what is kept, oldest first, and everything after")
    func handOver() {
        let sink = sink()
        let store = Store()
        sink.report(refused("Refused a."))
        clock.advance()
        sink.report(refused("Refused b."))
        sink.report(refused("Refused a."))
        sink.handOver(to: store)
        #expect(sink.records.isEmpty)
        #expect(store.records.map(\.report.message) == ["Refused a.", "Refused b."])
        #expect(store.records.map(\.count) == [2, 1])
        sink.report(refused("Refused a."))
        #expect(store.records.last?.count == 1)
        #expect(store.records.last?.fingerprint == store.records.first?.fingerprint)
        #expect(sink.records.isEmpty)
    }

    @Test("What a report holds in memory is bounded and fit to be shown")
    func bounded() throws {
        let sink = sink()
        sink.report(refused(String(repeating: "\u{1B}[31m long ", count: 100_000)))
        let record = try #require(sink.records.first)
        #expect(record.report.message.utf8.count <= 1_024)
        #expect(record.fingerprint.utf8.count <= 300)
        #expect(!record.report.message.contains("\u{1B}"))
    }
}

@Suite("System thread")
struct SystemThreadTests {
    @Test("Runs its body on another thread")
    func runs() async {
        let started = await withCheckedContinuation { continuation in
            if !SystemThread.start(name: "a name longer than fifteen bytes", { continuation.resume(returning: true) }) {
                continuation.resume(returning: false)
            }
        }
        #expect(started)
    }
}
