import JSONWire
import PracticeKit
import Testing

@Suite("Stream messages of the phone")
struct StreamWriterTests {
    private static let identity = StreamWriter.Identity(
        account: "AC00000000000000000000000000000001", call: "CA00000000000000000000000000000001",
        stream: "MZ00000000000000000000000000000001")

    private func value(_ text: String) throws -> JSONObject { try JSONObject(parsing: text.utf8.span) }

    @Test("Each message has the members that the carrier documents, numbered over all of them")
    func shapes() throws {
        var writer = StreamWriter(Self.identity)
        #expect(StreamWriter(Self.identity).connected == #"{"event":"connected","protocol":"Call","version":"1.0.0"}"#)
        let parameters = [
            CallInstruction.Stream.Parameter(name: "attempt", value: "01JCXK2Q"),
            CallInstruction.Stream.Parameter(name: "tok", value: "k3yed"),
        ]
        try expect(
            writer.start(parameters: parameters),
            """
            {"event":"start","sequenceNumber":"1","start":{"accountSid":"AC00000000000000000000000000000001",\
            "streamSid":"MZ00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001",\
            "tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},\
            "customParameters":{"attempt":"01JCXK2Q","tok":"k3yed"}},"streamSid":"MZ00000000000000000000000000000001"}
            """)
        try expect(
            writer.media([0xFF, 0xFF, 0xFF, 0xFF], at: 0),
            """
            {"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"0",\
            "payload":"/////w=="},"streamSid":"MZ00000000000000000000000000000001"}
            """)
        try expect(
            writer.key("1"),
            """
            {"event":"dtmf","streamSid":"MZ00000000000000000000000000000001","sequenceNumber":"3",\
            "dtmf":{"track":"inbound_track","digit":"1"}}
            """)
        try expect(
            writer.mark("g7:12:9600"),
            """
            {"event":"mark","sequenceNumber":"4","streamSid":"MZ00000000000000000000000000000001",\
            "mark":{"name":"g7:12:9600"}}
            """)
        try expect(
            writer.stop(),
            """
            {"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC00000000000000000000000000000001",\
            "callSid":"CA00000000000000000000000000000001"},"streamSid":"MZ00000000000000000000000000000001"}
            """)
    }

    /// The order of members is the carrier's own affair.
    private func expect(_ text: String, _ wanted: String, _ place: SourceLocation = #_sourceLocation) throws {
        let (one, other) = (try value(text), try value(wanted))
        #expect(Set(one.members.map(\.name)) == Set(other.members.map(\.name)), sourceLocation: place)
        for member in other.members { #expect(one[member.name] == member.value, sourceLocation: place) }
    }

    @Test("A lost frame leaves a hole in both counts")
    func holes() throws {
        var writer = StreamWriter(Self.identity)
        _ = writer.media([1], at: 0)
        writer.skipMedia()
        let media = try value(writer.media([1], at: 40))
        #expect(try media.string("sequenceNumber") == "3")
        #expect(try media.object("media").string("chunk") == "3")
    }

    @Test("What the bridge says is read when it is exactly right")
    func right() throws {
        #expect(
            try read(#"{"event":"media","streamSid":"MZ1","media":{"payload":"/////w=="}}"#)
                == .media([255, 255, 255, 255]))
        #expect(try read(#"{"streamSid":"MZ1","mark":{"name":"a b"},"event":"mark"}"#) == .mark(name: "a b"))
        #expect(try read(#"{"event":"clear","streamSid":"MZ1"}"#) == .clear)
    }

    @Test(
        "What is not exactly right is lost, with the carrier's code",
        arguments: [
            "", "nonsense", "[]", "{}", #"{"event":"clear"}"#, #"{"event":"clear","streamSid":"MZ2"}"#,
            #"{"event":"clear","streamSid":"MZ1","clear":{}}"#, #"{"event":"halt","streamSid":"MZ1"}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"playload":"/////w=="}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"payload":"/////w"}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"payload":""}}"#,
            #"{"event":"media","streamSid":"MZ1","media":{"payload":"/////w==","track":"outbound"}}"#,
            #"{"event":"media","streamSid":"MZ1","sequenceNumber":"1","media":{"payload":"/////w=="}}"#,
            #"{"event":"mark","streamSid":"MZ1","mark":{"name":7}}"#, #"{"event":"mark","streamSid":"MZ1"}"#,
        ])
    func wrong(text: String) {
        #expect {
            _ = try read(text)
        } throws: {
            ($0 as? BridgeMessage.Fault)?.code == 31_951
        }
    }

    @Test(
        "Where a socket carries one stream its messages name none",
        arguments: [
            (#"{"event":"media","media":{"payload":"/////w=="}}"#, BridgeMessage.media([255, 255, 255, 255])),
            (#"{"media":{"payload":"/////w=="},"event":"media"}"#, .media([255, 255, 255, 255])),
            (#"{"event":"media","media":{"payload":"/////w"}}"#, nil),
            (#"{"event":"media","media":{"payload":""}}"#, nil),
            (#"{"event":"media","media":{"payload":"/////w=="}"#, nil),
            (#"{"event":"media","streamSid":"MZ1","media":{"payload":"/////w=="}}"#, nil),
            (#"{"event":"clear"}"#, .clear),
        ])
    func nameless(text: String, message: BridgeMessage?) {
        #expect((try? BridgeMessage(text.utf8.span, stream: nil)) == message)
    }

    private func read(_ text: String) throws -> BridgeMessage {
        try BridgeMessage(text.utf8.span, stream: "MZ1")
    }
}
