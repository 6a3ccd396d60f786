import Testing
import Timeline
import Wording

@testable import Telemetry

@Suite("Log lines")
struct LogRendererTests {
    private static let hostile = [
        "a\nb", "a\r\nb", "\u{1B}[31mred\u{1B}[0m", "nul\0nul", "quote\"} {\"level\":\"error", #"back\slash\n"#,
        "\u{2028}line\u{2029}", "\u{85}next", "\u{9B}2J", "\u{202E}txt.exe", "emoji 🎧 ü", "\u{FFFD}", "",
        "time=x level=y", String(repeating: "é\n", count: 9_000),
    ]

    private func line(_ record: LogRecord, _ format: LogFormat, coloured: Bool = false) -> String {
        var bytes: [UInt8] = []
        var renderer = LogRenderer(
            format: format, style: TerminalStyle(isTerminal: coloured, environment: { _ in nil }))
        renderer.append(record, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func record(_ message: String, context: LogFields = [:], _ fields: LogFields = [:]) -> LogRecord {
        LogRecord(
            time: noon, level: .warning, component: "call", event: "audio.gap", message: message, context: context,
            fields: fields)
    }

    @Test("Every kind of value has its JSON form")
    func json() {
        let fields: LogFields = [
            "text": "plain", "count": -3, "share": 0.25, "done": true, "wait": .duration(.milliseconds(1_500)),
            "from": .phone(PhoneNumber("+15550000123")), "key": .secret(Secret("hunter2")),
            "sent": .peer(PeerText("a\nb")), "odd": .double(.nan),
        ]
        #expect(
            line(record("A \"gap\".", context: ["call": "0199", "text": "older"], fields), .json)
                == #"{"time":"2026-01-15T10:30:00.123Z","level":"warning","component":"call","event":"audio.gap","#
                + #""message":"A \"gap\".","call":"0199","text":"plain","count":-3,"share":0.25,"done":true,"#
                + #""wait":1.5,"from":"+15•••0123","key":"•••","sent":"a\\nb","odd":"nan"}"# + "\n")
    }

    @Test("A text line reads from left to right, with colour only when asked for")
    func text() {
        let record = record(
            "A gap.", context: ["call": "0199"],
            ["wait": .duration(.milliseconds(20)), "said": .peer(PeerText("he said \"no\"")), "none": ""])
        #expect(
            line(record, .text)
                == #"10:30:00.123 warning call audio.gap A gap. call=0199 wait=0.02 seconds"#
                .replacing("0.02 seconds", with: #""0.02 seconds""#) + #" said="he said \"no\"" none="""# + "\n")
        let coloured = line(record, .text, coloured: true)
        #expect(coloured.hasPrefix("10:30:00.123 \u{1B}[33mwarning\u{1B}[0m call \u{1B}[1maudio.gap\u{1B}[0m A gap."))
    }

    @Test("Nothing that is said can end a line, act on a terminal or break the JSON", arguments: hostile)
    func injection(text: String) throws {
        let record = LogRecord(
            time: noon, level: .error, component: text, event: text, message: text, context: [text: .string(text)],
            fields: ["peer": .peer(PeerText(text)), text + "2": "x"])
        for format in LogFormat.allCases {
            let line = line(record, format)
            #expect(line.hasSuffix("\n"))
            let body = line.dropLast()
            #expect(!body.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
            #expect(!body.unicodeScalars.contains { "\u{2028}\u{2029}\u{202E}".unicodeScalars.contains($0) })
            #expect(body.utf8.count < 200_000)
        }
        let object = try #require(parsed(line(record, .json)))
        #expect(object["level"] as? String == "error")
        #expect(object["component"] as? String == text)
        #expect(object["peer"] as? String == PeerText(text).description)
        if text.utf8.count < 1_000 { #expect(object["message"] as? String == text) }
    }

    @Test("A message beyond its limit is cut between characters", arguments: 4_090...4_100)
    func longMessage(length: Int) throws {
        let text = String(repeating: "x", count: length) + "🎧"
        let shown = try #require(parsed(line(record(text), .json))?["message"] as? String)
        #expect(shown.utf8.count <= LogRenderer.messageLimit + "…".utf8.count)
        #expect(text.hasPrefix(shown.hasSuffix("…") ? String(shown.dropLast()) : shown))
        #expect(shown.hasSuffix("…") == (length + 4 > LogRenderer.messageLimit))
    }

    @Test("A field cannot pose as one of the line's own")
    func reservedNames() throws {
        let object = try #require(parsed(line(record("m", ["level": "debug", "message": "other"]), .json)))
        #expect(object["level"] as? String == "warning")
        #expect(object["level_"] as? String == "debug")
        #expect(object["message"] as? String == "m")
    }
}
