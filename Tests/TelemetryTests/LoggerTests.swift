import Telemetry
import Testing
import Timeline

@Suite("Logger")
struct LoggerTests {
    private let destination = RecordingDestination()

    private func logger(_ threshold: LogLevel) -> Logger {
        Logger(component: "call", threshold: threshold, destination: destination) { noon }
    }

    @Test("Keeps the lines at or above its threshold", arguments: LogLevel.allCases)
    func threshold(_ threshold: LogLevel) {
        let logger = logger(threshold)
        logger.debug("a", "")
        logger.info("b", "")
        logger.warning("c", "")
        logger.error("d", "")
        for level in LogLevel.allCases { logger.log(level, "e", "") }
        let expected = LogLevel.allCases.filter { $0 >= threshold }
        #expect(destination.records.map(\.level) == expected + expected)
    }

    @Test("A suppressed line evaluates nothing")
    func suppressed() {
        func unwanted() -> String {
            Issue.record("evaluated")
            return ""
        }
        logger(.error).info(unwanted(), unwanted(), ["field": .string(unwanted())])
        Logger.off.error(unwanted(), unwanted(), ["field": .string(unwanted())])
        #expect(destination.records.isEmpty)
    }

    @Test("A change of threshold reaches every logger made from the same log")
    func sharedThreshold() {
        let parent = logger(.error)
        let child = parent.component("store").with(["call": "1"])
        child.setThreshold(.debug)
        #expect(parent.isEnabled(.debug))
        parent.setThreshold(.warning)
        #expect(!child.isEnabled(.info))
    }

    @Test("Carries its time, component and context; a line's own value of the same name holds when shown")
    func context() {
        logger(.info).with(["call": "1", "leg": "phone"]).component("media").with(["leg": "upstream"])
            .info("audio.gap", "A gap.", ["ms": 20])
        let record = destination.records.first
        #expect(record?.time == noon)
        #expect(record?.component == "media")
        #expect(record?.event == "audio.gap")
        #expect(record?.context == ["call": "1", "leg": "upstream"])
        #expect(record?.fields == ["ms": 20])
    }
}
