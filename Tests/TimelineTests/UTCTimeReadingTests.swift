import Testing
import Timeline

@Suite("UTC time, read")
struct UTCTimeReadingTests {
    @Test("Days of all ten thousand years are read as they are written")
    func allYears() {
        var milliseconds: Int64 = -62_167_219_200_000
        while milliseconds < 253_402_300_800_000 {
            let time = UTCTime(millisecondsSince1970: milliseconds)
            guard UTCTime(rfc3339: time.description) == time else {
                Issue.record("\(time) is not read back")
                return
            }
            milliseconds += 86_400_000 * 89 + 3_723_456
        }
    }

    @Test(
        "Reads RFC 3339 with decimals and offsets",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-20T04:19:07Z", 1_795_148_347_000),
            ("2026-11-20T04:19:07.1Z", 1_795_148_347_100), ("2026-11-20T04:19:07.123456789Z", 1_795_148_347_123),
            ("2026-11-20t05:19:07+01:00", 1_795_148_347_000), ("2026-11-19 23:19:07-05:00", 1_795_148_347_000),
            ("2024-02-29T00:00:00z", 1_709_164_800_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] as [(String, Int64)])
    func rfc3339(text: String, milliseconds: Int64) {
        #expect(UTCTime(rfc3339: text)?.millisecondsSince1970 == milliseconds)
    }

    @Test(
        "Reads the dates of mail and of HTTP",
        arguments: [
            ("Fri, 20 Nov 2026 04:19:07 +0000", 1_795_148_347_000), ("20 Nov 2026 05:19:07 +0100", 1_795_148_347_000),
            ("Fri, 20 Nov 2026 04:19:07 GMT", 1_795_148_347_000), ("Thu, 1 Jan 1970 00:00:00 UTC", 0),
            ("Thu, 01 Jan 1970 00:00:00 -0130", 5_400_000),
        ] as [(String, Int64)])
    func rfc2822(text: String, milliseconds: Int64) {
        #expect(UTCTime(rfc2822: text)?.millisecondsSince1970 == milliseconds)
    }

    @Test(
        "Writes dates as HTTP does",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_795_148_347_000, "Fri, 20 Nov 2026 04:19:07 GMT"), (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] as [(Int64, String)])
    func httpDate(milliseconds: Int64, text: String) {
        #expect(UTCTime(millisecondsSince1970: milliseconds).httpDate == text)
    }

    @Test("HTTP's dates of all ten thousand years are read as they are written")
    func allHTTPDates() {
        var milliseconds: Int64 = -62_167_219_200_000
        while milliseconds < 253_402_300_800_000 {
            let time = UTCTime(millisecondsSince1970: milliseconds)
            guard UTCTime(rfc2822: time.httpDate) == time else {
                Issue.record("\(time.httpDate) is not read back")
                return
            }
            milliseconds += 86_400_000 * 89 + 3_723_000
        }
    }

    @Test(
        "Refuses what is no moment",
        arguments: [
            "", "2026-11-20", "2026-11-20T04:19Z", "2026-11-20T04:19:07", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-20T24:00:00Z",
            "2026-11-20T04:60:00Z", "2026-11-20T04:19:61Z", "2026-11-20T04:19:07.Z", "2026-11-20T04:19:07+0100",
            "2026-11-20T04:19:07+24:00", "2026-11-20T04:19:07Zx", "+026-11-20T04:19:07Z", "2026-11-20T04:19:07Z ",
            "Fri, 20 Nov 2026 04:19:07", "Fri, 20 Now 2026 04:19:07 +0000", "Foo, 20 Nov 2026 04:19:07 +0000",
            "Fri, 32 Nov 2026 04:19:07 +0000", "Fri, 20 Nov 26 04:19:07 +0000", "Fri, 20 Nov 2026 4:19:07 +0000",
            "Fri, 20 Nov 2026 04:19:07 +00:00", "Fri, 20 Nov 2026 04:19:07 +0060",
        ])
    func refuses(text: String) {
        #expect(UTCTime(rfc3339: text) == nil)
        #expect(UTCTime(rfc2822: text) == nil)
    }
}
