import Addresses
import CallCore
import CarrierWire
import HTTPLoop
import HTTPWire
import Telemetry
import Testing
import Wording

@testable import FrontDoor

@Suite("Status webhooks", .timeLimit(.minutes(1)))
struct ReportsTests {
    private static func status(_ house: HouseFixture, _ status: String, _ sequence: Int) async throws -> Int {
        try await house.post(
            "/twilio/status",
            [
                "CallSid": "CA1", "CallStatus": status, "SequenceNumber": "\(sequence)", "CallDuration": "7",
                "SipResponseCode": "200", "From": "+15550001111",
            ]
        ).status
    }

    @Test("Reports move a call forward, in whatever order they come, and end it once")
    func order() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            for (index, word) in ["in-progress", "ringing", "completed", "completed", "busy", "in-progress"]
                .enumerated()
            {
                #expect(try await Self.status(house, word, index) == 204)
            }
            let record = try #require(try await house.record())
            #expect(record.status == .completed && record.endReason == .callerHangup)
            #expect(record.carrier.duration == .seconds(7) && record.carrier.sipCode == 200)
            #expect(
                try await house.kinds() == [
                    .callCreated, .callAnswered, .webhookOutOfOrder, .callFinal, .webhookDuplicate,
                    .webhookOutOfOrder, .webhookOutOfOrder,
                ])
            #expect(house.host.now.reported == [.inProgress, .completed])
        }
    }

    @Test("The same report twice is noted and does nothing")
    func duplicate() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            for _ in 0..<3 { #expect(try await Self.status(house, "in-progress", 1) == 204) }
            #expect(house.webhooks("/twilio/status", "taken") == 1)
            #expect(house.webhooks("/twilio/status", "duplicate") == 2)
            #expect(house.host.now.reported == [.inProgress])
        }
    }

    @Test(
        "A report of a call that nobody has seen opens its record",
        arguments: [
            ("ringing", CallStatus.ringing, nil), ("no-answer", .noAnswer, EndReason.noAnswer),
            ("failed", .failed, .carrierFailed),
        ])
    func unseen(word: String, status: CallStatus, reason: EndReason?) async throws {
        try await withHouse { house in
            #expect(try await Self.status(house, word, 0) == 204)
            let record = try #require(try await house.record())
            #expect(record.status == status && record.endReason == reason)
            #expect(record.from?.unmasked == "+15550001111" && record.carrier.status == word)
        }
    }

    @Test("An ending that the bridge decided stays, whatever the carrier says")
    func decided() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            let id = try #require(try await house.record()?.id)
            let now = try #require(try await house.record()?.createdAt)
            let decision = CallChange(at: now, .decide(.upstreamFailed))
            _ = try await house.store.keep(CallFacts(of: .id(id), by: "test", [.change(decision)]))
            #expect(try await Self.status(house, "completed", 1) == 204)
            let record = try #require(try await house.record())
            #expect(record.status == .failed && record.endReason == .upstreamFailed)
            #expect(record.carrier.status == "completed")
        }
    }

    @Test("A status that we do not know is kept as the carrier's word and changes nothing")
    func unknownWord() async throws {
        try await withHouse { house in
            _ = try await house.ring()
            #expect(try await Self.status(house, "levitating", 1) == 204)
            let record = try #require(try await house.record())
            #expect(record.status == .ringing && record.carrier.status == "levitating")
        }
    }

    @Test("A leg that a transfer dialled is no call of ours")
    func transferLeg() async throws {
        try await withHouse { house in
            let answer = try await house.post(
                "/twilio/status", ["CallSid": "CA9", "ParentCallSid": "CA1", "CallStatus": "completed"])
            #expect(answer.status == 204)
            #expect(try await house.record("CA9") == nil)
        }
    }

    @Test("What could not be kept is asked for again")
    func brokenStore() async throws {
        var plan = HouseFixture.Plan()
        plan.store = BrokenStore()
        try await withHouse(plan) { (house) async throws in
            #expect(try await Self.status(house, "completed", 1) == 503)
            #expect(house.webhooks("/twilio/status", "failed") == 1)
        }
    }

    @Test("A stream that the carrier could not open is told to the operator; the rest of its reports are not")
    func streamStatus() async throws {
        try await withHouse { house in
            for event in ["stream-started", "stream-error", "stream-stopped", "stream-dances"] {
                let answer = try await house.post(
                    "/twilio/stream-status",
                    ["CallSid": "CA1", "StreamSid": "MZ1", "StreamEvent": event, "StreamError": "31920"])
                #expect(answer.status == 204)
            }
            let errors = house.door.errors.records
            #expect(errors.map(\.report.code) == ["carrier.stream_failed"])
            #expect(errors.first?.report.message.contains("31920") == true)
            #expect(errors.first?.report.context.call == "CA1")
        }
    }
}

@Suite("End of the bridge", .timeLimit(.minutes(1)))
struct ConnectEndedTests {
    private static let head = #"<?xml version="1.0" encoding="UTF-8"?>"#

    @Test("What follows is what those who ran the call say; nothing is the end")
    func steps() async throws {
        try await withHouse { house in
            func end() async throws -> String {
                try await house.post("/twilio/connect-ended", ["CallSid": "CA1", "CallStatus": "in-progress"]).text
            }
            #expect(try await end() == "\(Self.head)<Response><Hangup></Hangup></Response>")
            house.host.set { $0.steps = [.say("Sorry & goodbye", language: "en-GB"), .hangUp] }
            #expect(
                try await end() == "\(Self.head)<Response>"
                    + #"<Say language="en-GB">Sorry &amp; goodbye</Say><Hangup></Hangup></Response>"#)
            house.host.set { $0.steps = [.transfer(to: PhoneNumber("+15550003333"))] }
            let transfer = try await end()
            #expect(transfer.contains("+15550003333</Number></Dial>") && transfer.contains("/twilio/connect-ended"))
        }
    }

    @Test("A call that goes on gets a new stream of its record, with a token of its own")
    func resumed() async throws {
        try await withHouse { house in
            let first = try await house.ring()
            let record = try #require(try await house.record())
            let agent = try #require(house.host.now.expected.first?.agent)
            house.host.set { $0.resumes = (record, agent) }
            let again = try await house.post(
                "/twilio/connect-ended", ["CallSid": "CA1", "CallStatus": "in-progress"]
            ).text
            #expect(again.contains("<Connect") && again.contains(#"name="resumes" value="\#(record.id)""#))
            #expect(house.host.now.expected.map(\.record) == [record.id, record.id])
            #expect(!first.text.contains("resumes") && !again.contains(#" name="\#(record.id)" "#))
        }
    }

    @Test(
        "They learn whether anybody is left to hear what follows",
        arguments: [("in-progress", false), ("completed", true)])
    func isOver(word: String, isOver: Bool) async throws {
        try await withHouse { house in
            _ = try await house.post("/twilio/connect-ended", ["CallSid": "CA1", "CallStatus": word])
            #expect(house.host.now.ended == [BridgeEnd(providerCallID: "CA1", isOver: isOver)])
        }
    }

    @Test(
        "They learn how a transfer went",
        arguments: [
            ("completed", BridgeEnd.Transfer.reached), ("answered", .reached), ("busy", .notReached),
            ("no-answer", .notReached), ("odd", .notReached),
        ])
    func transfer(word: String, expected: BridgeEnd.Transfer) async throws {
        try await withHouse { house in
            _ = try await house.post("/twilio/connect-ended", ["CallSid": "CA1", "DialCallStatus": word])
            #expect(house.host.now.ended == [BridgeEnd(providerCallID: "CA1", transfer: expected)])
        }
    }
}
