import CallCore
import CallStore
import HTTPLoop
import JSONWire
import Telemetry
import Testing
import Timeline
import Wording

@testable import FrontDoor

@Suite("Errors and erasure over the API")
struct ErrorRoutesTests {
    private static func withErrors(_ body: (HouseFixture) async throws -> Void) async throws {
        let store = try SQLiteCallStore(.memory)
        let errors = SQLiteErrorStore(in: store)
        for (index, severity) in ErrorSeverity.allCases.enumerated() {
            let sink = ErrorSink(logger: .off, registry: MetricsRegistry()) {
                UTCTime(millisecondsSince1970: 1_768_473_000_000 + Int64(index))
            }
            sink.handOver(to: errors)
            sink.report(
                ErrorReport(
                    code: "test.\(severity)", component: "part\(index)", severity: severity, message: "Oh.",
                    context: ErrorContext(call: "CA1", number: PhoneNumber("+15550001111"))))
        }
        var plan = HouseFixture.Plan()
        plan.store = store
        plan.errors = errors
        try await withHouse(plan, body)
        await store.close(by: .never)
    }

    private static func codes(_ house: HouseFixture, _ query: String) async throws -> [String] {
        let answer = try await house.door.ask("GET", "/v1/errors\(query)")
        return try JSONObject(parsing: Array(answer.text.utf8).span).array("items").map { item in
            guard case .object(let error) = item else { return "?" }
            return try error.string("code")
        }
    }

    @Test("Errors are listed and filtered, and marked as dealt with")
    func errors() async throws {
        try await Self.withErrors { house in
            #expect(try await Self.codes(house, "") == ["test.critical", "test.error", "test.warning"])
            #expect(try await Self.codes(house, "?severity=error") == ["test.error"])
            #expect(try await Self.codes(house, "?component=part0&resolved=false") == ["test.warning"])
            let first = try await house.door.ask("GET", "/v1/errors?limit=1")
            let page = try JSONObject(parsing: Array(first.text.utf8).span)
            guard case .object(let error)? = try page.array("items").first else {
                Issue.record("no error")
                return
            }
            let id = try error.string("id")
            #expect(try error.integer("count") == 1 && error.object("context").string("call") == "CA1")
            let cursor = try page.string("next_cursor")
            #expect(try await Self.codes(house, "?limit=1&cursor=\(cursor)") == ["test.error"])
            let patched = try await house.door.ask("PATCH", "/v1/errors/\(id)", body: #"{"resolved": true}"#)
            #expect(patched.status == 200 && patched.text.contains(#""resolved":true"#))
            #expect(try await Self.codes(house, "?resolved=false") == ["test.error", "test.warning"])
        }
    }

    @Test(
        "What cannot be is a problem",
        arguments: [
            ("GET", "?severity=odd", "", 400), ("GET", "?resolved=maybe", "", 400), ("GET", "?cursor=x", "", 400),
            ("PATCH", "/missing", #"{"resolved": true}"#, 404), ("PATCH", "/x", "{}", 422), ("PATCH", "/x", "no", 400),
        ])
    func problems(method: String, path: String, body: String, status: Int) async throws {
        try await Self.withErrors { (house) async throws in
            let answer = try await house.door.ask(method, "/v1/errors\(path)", body: body)
            #expect(answer.status == UInt16(status))
        }
    }

    @Test("A call that is over can be erased; a live one is a conflict, an unknown one is not found")
    func erasure() async throws {
        try await Self.withErrors { house in
            _ = try await house.ring()
            let live = try await house.door.ask("DELETE", "/v1/calls/CA1")
            #expect(live.status == 409 && live.text.contains("call.live"))
            let id = try #require(try await house.record()?.id)
            let end = CallChange(at: UTCTime(millisecondsSince1970: 0), .finish(.silence))
            _ = try await house.store.keep(CallFacts(of: .id(id), by: "test", [.change(end)]))
            let erased = try await house.door.ask("DELETE", "/v1/calls/CA1")
            #expect(erased.status == 200 && erased.text.contains(#""from":null"#))
            #expect(try await house.record()?.from == nil)
            #expect(try await house.door.ask("DELETE", "/v1/calls/CA2").status == 404)
            #expect(!(try await house.door.ask("GET", "/v1/errors").text.contains("+1555")))
        }
    }
}
