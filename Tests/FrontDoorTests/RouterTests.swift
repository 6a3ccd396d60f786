import FrontDoor
import HTTPLoop
import HTTPWire
import Telemetry
import TestSupport
import Testing

private let call = PathParameter.text("call")
private let number = PathParameter.integer("number")

@Suite("Front door: routes", .timeLimit(.minutes(1)))
struct RouterTests {
    private func routes(_ router: inout Router) {
        router.on("GET", "/calls") { request in
            .text(200, try request.query().items.map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
        }
        router.on("GET", "/calls/live") { _ in .text(200, "live") }
        router.on("GET", "/calls/\(call)") { .text(200, "call \($0[call])") }
        router.on("DELETE", "/calls/\(call)") { .text(200, "deleted \($0[call])") }
        router.on("GET", "/calls/\(call)/turns/\(number)") { .text(200, "turn \($0[number] + 1) of \($0[call])") }
        router.on("POST", "/calls", bodyLimit: 5) { .text(201, String(decoding: $0.body, as: UTF8.self)) }
        router.atOnce("/now") { _ in .text(200, "now") }
        router.on("GET", "/") { _ in .text(200, "root") }
    }

    @Test(
        "A path finds its route, and its parts come decoded and typed",
        arguments: [
            ("/", "root"), ("/calls/live", "live"), ("/calls/abc", "call abc"), ("/calls/a%2Fb%20c", "call a/b c"),
            ("/calls/li%76e", "live"), ("/calls/abc/turns/41", "turn 42 of abc"), ("/now", "now"),
            ("/calls?a=1&b=x+y%21&c", "a=1;b=x y!;c="), ("/calls/%E2%82%AC", "call €"),
        ])
    func found(target: String, answer: String) async throws {
        try await withFrontDoor(routes) { fixture in
            let response = try await fixture.ask("GET", target)
            #expect(response.status == 200 && response.text == answer + "\n")
        }
    }

    @Test(
        "What no route answers is a problem",
        arguments: [
            ("GET", "/nope", 404, "http.not_found"), ("GET", "/calls/", 404, "http.not_found"),
            ("GET", "/calls//turns/1", 404, "http.not_found"), ("GET", "/calls/a/turns/x", 404, "http.not_found"),
            ("GET", "/calls/a/turns/-1", 404, "http.not_found"),
            ("GET", "/calls/a/turns/99999999999999999999", 404, "http.not_found"),
            ("GET", "/calls/%zz", 400, "http.malformed_path"), ("GET", "/calls/%ff", 400, "http.malformed_path"),
            ("GET", "/calls/%4", 400, "http.malformed_path"), ("GET", "/calls?a=%ff", 400, "http.malformed_query"),
            ("PUT", "/calls/abc", 405, "http.method_not_allowed"), ("POST", "/now", 405, "http.method_not_allowed"),
            ("POST", "/calls", 413, "http.body_too_large"),
        ])
    func notFound(method: String, target: String, status: Int, code: String) async throws {
        try await withFrontDoor(routes) { fixture in
            let response = try await fixture.ask(method, target, body: method == "POST" ? "123456" : "")
            #expect(response.status == status)
            #expect(response.headers["Content-Type"] == "application/problem+json")
            #expect(response.text.contains(#""code":"\#(code)""#) && response.text.contains(#""status":\#(status)"#))
            let id = try #require(response.headers[RequestID.header])
            #expect(response.text.contains(#""request_id":"\#(id)""#))
            if status == 405 {
                #expect(response.headers["Allow"] == (target == "/now" ? "GET, HEAD" : "DELETE, GET, HEAD"))
            }
        }
    }

    @Test("HEAD is answered wherever GET is")
    func head() async throws {
        try await withFrontDoor(routes) { fixture in
            for target in ["/calls/abc", "/now"] {
                let response = try await fixture.ask("HEAD", target)
                #expect(response.status == 200 && response.body.isEmpty)
                #expect(response.headers["Content-Length"] == (target == "/now" ? "4" : "9"))
            }
        }
    }

    @Test(
        "A well-formed request id is taken over, any other replaced",
        arguments: [
            ("abc-DEF_1.2", true), (String(repeating: "x", count: 128), true),
            (String(repeating: "x", count: 129), false), ("", false), ("a b", false), ("a\"b", false), ("ä", false),
        ])
    func requestID(given: String, isTaken: Bool) async throws {
        try await withFrontDoor(routes) { fixture in
            for target in ["/calls/abc", "/now", "/nope"] {
                let response = try await fixture.ask("GET", target, headers: [RequestID.header: given])
                let id = try #require(response.headers[RequestID.header])
                #expect(response.headers.values(of: RequestID.header).count == 1)
                #expect((id == given) == isTaken)
                #expect(isTaken || id.utf8.count == 32)
            }
        }
    }
}

@Suite("Front door: problems", .timeLimit(.minutes(1)))
struct ProblemTests {
    private struct Accident: Error {
        let secret = "hunter2"
    }

    @Test("What a handler throws as a problem is answered as it is")
    func thrown() async throws {
        try await withFrontDoor { router in
            router.on("POST", "/calls") { _ in
                throw Problem(
                    422, code: "call.bad_number", "That is no phone number.", field: "to",
                    headers: ["Retry-After": "1"])
            }
        } _: { fixture in
            let response = try await fixture.ask("POST", "/calls", headers: [RequestID.header: "r1"], body: "{}")
            #expect(response.status == 422 && response.headers["Retry-After"] == "1")
            let document =
                #"{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"That is no phone number.","#
                + #""code":"call.bad_number","request_id":"r1","field":"to"}"#
            #expect(response.text == document)
            #expect(fixture.errors.records.isEmpty)
        }
    }

    @Test("Any other error is told to the log and the error sink, and not to the client")
    func unexpected() async throws {
        try await withFrontDoor { router in
            router.on("GET", "/calls") { _ in throw Accident() }
        } _: { fixture in
            let response = try await fixture.ask("GET", "/calls", headers: [RequestID.header: "r2"])
            #expect(response.status == 500 && response.text.contains(#""code":"internal""#))
            #expect(!response.text.contains("Accident") && !response.text.contains("hunter2"))
            let line = try #require(fixture.log.records.first { $0.event == "http.request_failed" })
            #expect(line.context["request_id"] == .string("r2") && line.fields["kind"] == .string("Accident"))
            #expect(fixture.errors.records.map(\.report.code) == ["http.handler_failed"])
            #expect(fixture.errors.records.first?.report.message.contains("hunter2") == false)
            let metrics = fixture.registry.exposition()
            #expect(metrics.contains(#"patchbay_errors_total{component="http",code="http.handler_failed"} 1"#))
            #expect(metrics.contains(#"patchbay_http_answers_total{status="5xx"} 1"#))
        }
    }

    @Test("A streamed answer carries the request's id too")
    func streamed() async throws {
        try await withFrontDoor { router in
            router.stream("/events") { _ in .events { try await $0.send(ServerSentEvent("hi")) } }
        } _: { fixture in
            let response = try await fixture.ask("GET", "/events", headers: [RequestID.header: "r3"])
            #expect(response.text == "data: hi\n\n" && response.headers[RequestID.header] == "r3")
        }
    }
}
