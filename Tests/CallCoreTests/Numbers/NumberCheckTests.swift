import Addresses
import CallCore
import Testing
import Wording

@Suite("Number check")
struct NumberCheckTests {
    private static func wanted(_ base: String = "https://pb.example.com") throws -> NumberRouting.Wanted {
        let voice = try WebURL("\(base)/twilio/voice")
        return NumberRouting.Wanted(
            voice: voice, fallback: voice, statusCallback: try WebURL("\(base)/twilio/status"))
    }

    private static func right(_ change: (inout NumberRouting) -> Void = { _ in }) -> NumberRouting {
        var routing = NumberRouting(id: "PN1", number: PhoneNumber("+15550002222"))
        routing.voiceURL = "https://pb.example.com/twilio/voice"
        routing.voiceMethod = "POST"
        routing.fallbackURL = "https://elsewhere.example/"
        routing.statusCallback = "https://pb.example.com/twilio/status#rc=3"
        routing.statusCallbackMethod = "POST"
        change(&routing)
        return routing
    }

    private static func kinds(_ routing: NumberRouting?) throws -> [NumberFinding.Kind] {
        NumberCheck(routing, wanted: try wanted()).findings.map(\.kind)
    }

    @Test("Where everything is right there is nothing to say")
    func right() throws {
        let check = NumberCheck(Self.right(), wanted: try Self.wanted())
        #expect(check.findings.isEmpty && check.isOK && !check.needsFix)
    }

    @Test("Each setting that is wrong is one finding")
    func wrong() throws {
        let cases: [((inout NumberRouting) -> Void, NumberFinding.Kind, Bool)] = [
            ({ $0.takesCalls = false }, .takesNoCalls, false), ({ $0.trunk = "TK1" }, .trunk, false),
            ({ $0.application = "AP1" }, .application, false), ({ $0.voiceURL = nil }, .voiceURL, false),
            ({ $0.voiceURL = "https://other.example/twilio/voice" }, .voiceURL, false),
            ({ $0.voiceMethod = "GET" }, .voiceMethod, false), ({ $0.statusCallback = nil }, .statusCallback, true),
            ({ $0.statusCallback = "https://other.example/" }, .statusCallback, true),
            ({ $0.statusCallbackMethod = "GET" }, .statusCallbackMethod, true),
            ({ $0.statusCallback = "https://pb.example.com/twilio/status" }, .statusCallbackRetries, true),
            ({ $0.fallbackURL = nil }, .fallbackURL, true),
        ]
        for (change, kind, isOK) in cases {
            let check = NumberCheck(Self.right(change), wanted: try Self.wanted())
            #expect(check.findings.map(\.kind) == [kind] && check.isOK == isOK)
        }
    }

    @Test("How hard the carrier tries is the operator's, wherever it stands")
    func overrides() throws {
        #expect(try Self.kinds(Self.right { $0.voiceURL? += "#ct=2000" }).isEmpty)
    }

    @Test("A number that is not there, an address that is not set, and one without TLS cannot be mended from here")
    func unfixable() throws {
        let routing = Self.right()
        for check in [
            NumberCheck(nil, wanted: try Self.wanted()), NumberCheck(routing, wanted: nil),
            NumberCheck(nil, wanted: nil),
        ] {
            #expect(!check.isOK && !check.needsFix)
        }
        let plain = NumberCheck(
            Self.right { routing in
                routing.voiceURL = "http://pb.example.com/twilio/voice"
                routing.statusCallback = "http://pb.example.com/twilio/status#rc=3"
            }, wanted: try Self.wanted("http://pb.example.com"))
        #expect(plain.findings.map(\.kind) == [.plainURL] && plain.isOK && !plain.needsFix)
    }

    @Test("A stream that has an address without TLS is told, unless all is without", arguments: ["ws", "wss", "https"])
    func stream(scheme: String) throws {
        var wanted = try Self.wanted()
        wanted.stream = try WebURL("\(scheme)://node1.example.com/twilio/media")
        let check = NumberCheck(Self.right(), wanted: wanted)
        #expect(check.findings.map(\.kind) == (scheme == "ws" ? [.streamURL] : []))
        #expect(check.isOK && !check.needsFix)
    }

    @Test("What is not found any more was fixed, and what stays keeps its verdict")
    func fixed() throws {
        var check = NumberCheck(Self.right { $0.voiceURL = nil }, wanted: try Self.wanted())
        check.wasFixed(by: NumberCheck(Self.right(), wanted: try Self.wanted()))
        #expect(check.isOK && check.fixed == check.findings)
        var worse = NumberCheck(
            Self.right { routing in
                routing.voiceURL = nil
                routing.takesCalls = false
            }, wanted: try Self.wanted())
        worse.wasFixed(by: NumberCheck(Self.right { $0.takesCalls = false }, wanted: try Self.wanted()))
        #expect(!worse.isOK && worse.fixed.map(\.kind) == [.voiceURL])
    }
}
