import CarrierWire
import JSONWire
import Testing
import Wording

@Suite("Twilio media stream, in")
struct TwilioMessageTests {
    private static let stream = "MZ00000000000000000000000000000001"

    @Test("Reads the greeting")
    func connected() throws {
        let message = try read(#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
        guard case .connected(let greeting) = message else { throw Unexpected(message) }
        #expect(greeting.name == "Call")
        #expect(greeting.version == "1.0.0")
    }

    @Test("Reads the start with its format and parameters")
    func start() throws {
        let message = try read(
            #"""
            {
              "event": "start", "sequenceNumber": "1",
              "start": {
                "accountSid": "AC00000000000000000000000000000001",
                "streamSid": "MZ00000000000000000000000000000001",
                "callSid": "CA00000000000000000000000000000001",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": {"attempt": "01JCXK2Q", "tok": "k3yed"}
              },
              "streamSid": "MZ00000000000000000000000000000001"
            }
            """#)
        guard case .start(let start) = message else { throw Unexpected(message) }
        #expect(start.stream == Self.stream)
        #expect(start.call == "CA00000000000000000000000000000001")
        #expect(start.account == "AC00000000000000000000000000000001")
        #expect(start.tracks == ["inbound"])
        #expect(start.format == .muLaw8k)
        #expect(start.parameters == ["attempt": "01JCXK2Q", "tok": "k3yed"])
        #expect(start.sequence == 1)
    }

    @Test(
        "Takes a start without parameters, with numbers as strings, and with its stream named once",
        arguments: [
            #"{"event":"start","start":{"streamSid":"s","callSid":"c","customParameters":{},"mediaFormat":@}}"#,
            #"{"event":"start","streamSid":"s","start":{"callSid":"c","customParameters":null,"mediaFormat":@}}"#,
            #"{"mediaFormat":1,"start":{"callSid":"c","mediaFormat":@},"streamSid":"s","event":"start","new":[{}]}"#,
        ])
    func leanStart(template: String) throws {
        let format = #"{"encoding":"audio/x-mulaw","sampleRate":"8000","channels":"1","bits":8}"#
        let message = try read(template.split(separator: "@").joined(separator: format))
        guard case .start(let start) = message else { throw Unexpected(message) }
        #expect(start.stream == "s")
        #expect(start.format == .muLaw8k)
        #expect(start.parameters.isEmpty)
    }

    @Test(
        "Reads keys, marks and the end",
        arguments: [
            (
                #"{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}"#,
                "digit 1 inbound MZ1 5"
            ),
            (##"{"event":"dtmf","dtmf":{"digit":"#","duration":2000}}"##, "digit # - - -"),
            (
                #"{"event":"mark","sequenceNumber":6,"streamSid":"MZ1","mark":{"name":"g7:12:9600"}}"#,
                "mark g7:12:9600 MZ1 6"
            ),
            (#"{"event":"mark","mark":{"name":"\u0067\""}}"#, #"mark g" - -"#),
            (#"{"event":"stop","sequenceNumber":"7","stop":{"callSid":"CA1"},"streamSid":"MZ1"}"#, "stop MZ1 7"),
            (#"{"event":"stop"}"#, "stop - -"),
            (#"{"event":"new\nthing","streamSid":"MZ1"}"#, #"unknown new\nthing MZ1 -"#),
            (#"{"event":"Media"}"#, "unknown Media - -"),
        ])
    func others(text: String, summary: String) throws {
        func tell(_ origin: CarrierOrigin) -> String {
            "\(origin.stream ?? "-") \(origin.sequence.map(String.init) ?? "-")"
        }
        switch try read(text) {
        case .digit(let digit):
            #expect("digit \(digit.digit) \(digit.track.map { "\($0)" } ?? "-") \(tell(digit.origin))" == summary)
        case .mark(let mark):
            let origin = CarrierOrigin(
                stream: mark.stream?.string(in: text.utf8.span), sequence: mark.sequence)
            #expect("mark \(mark.name(in: text.utf8.span)) \(tell(origin))" == summary)
        case .stop(let origin): #expect("stop \(tell(origin))" == summary)
        case .unknown(let event, let origin): #expect("unknown \(event) \(tell(origin))" == summary)
        case .connected, .start, .media, .trouble: Issue.record("another kind of message")
        }
    }

    @Test(
        "Tells what is no JSON from what has the wrong shape, and names the member",
        arguments: [
            ("", .malformed(at: 0)), (#"{"event":"media""#, .malformed(at: 16)),
            ("[]", .wrongType("", expected: .object, found: .array)),
            (#"{"event":"stop"}x"#, .malformed(at: 16)), ("{}", .missing("event")),
            (#"{"event":null}"#, .missing("event")),
            (#"{"event":1}"#, .wrongType("event", expected: .string, found: .number)),
            (#"{"event":"start"}"#, .missing("start")),
            (#"{"event":"start","start":[]}"#, .wrongType("start", expected: .object, found: .array)),
            (#"{"event":"start","start":{"callSid":"c","mediaFormat":{}}}"#, .missing("streamSid")),
            (#"{"event":"start","start":{"streamSid":"a","callSid":"c"}}"#, .missing("mediaFormat")),
            (#"{"event":"start","streamSid":"b","start":{"streamSid":"a"}}"#, .invalidValue("streamSid")),
            (#"{"event":"start","start":{"streamSid":"a b"}}"#, .invalidValue("streamSid")),
            (#"{"event":"start","start":{"streamSid":"a"}}"#, .missing("callSid")),
            (#"{"event":"start","start":{"streamSid":"a","callSid":""}}"#, .invalidValue("callSid")),
            (
                #"{"event":"start","start":{"streamSid":"a","callSid":"c","mediaFormat":{"encoding":"x","sampleRate":8.5}}}"#,
                .invalidValue("sampleRate")
            ),
            (
                #"{"event":"start","start":{"streamSid":"a","callSid":"c","mediaFormat":{"encoding":"x","sampleRate":8000},"customParameters":{"k":7}}}"#,
                .wrongType("k", expected: .string, found: .number)
            ),
            (#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, .invalidValue("digit")),
            (#"{"event":"dtmf","dtmf":{"digit":"x"}}"#, .invalidValue("digit")),
            (#"{"event":"dtmf","dtmf":{"digit":1}}"#, .wrongType("digit", expected: .string, found: .number)),
            (#"{"event":"mark","mark":{}}"#, .missing("name")),
            (#"{"event":"mark","mark":"x"}"#, .wrongType("mark", expected: .object, found: .string)),
            (#"{"event":"stop","sequenceNumber":"-1"}"#, .invalidValue("sequenceNumber")),
            (#"{"event":"stop","sequenceNumber":{}}"#, .wrongType("sequenceNumber", expected: .string, found: .object)),
        ] as [(String, JSONError)])
    func wrong(text: String, error: JSONError) {
        #expect(throws: CarrierError.message(error)) { try read(text) }
    }

    private func read(_ text: String) throws(CarrierError) -> CarrierMessage {
        try TwilioMessage.read(Array(text.utf8).span)
    }
}

struct Unexpected: Error {
    let what: String

    init(_ what: some Any) { self.what = "\(what)" }
}
