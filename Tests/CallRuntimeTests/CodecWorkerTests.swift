import CarrierWire
import Dispatch
import MediaCodecs
import MediaCore
import Synchronization
import Testing
import Timeline

@testable import CallRuntime

/// What a worker has the loop do, kept until the test lets it.
private final class LoopInbox: Sendable {
    private let work = Mutex<[@Sendable () -> Void]>([])
    private let filled = DispatchSemaphore(value: 0)

    func add(_ body: @escaping @Sendable () -> Void) {
        work.withLock { $0.append(body) }
        filled.signal()
    }

    /// Waits for the worker and does what it asks. False if nothing came.
    func turn() -> Bool {
        guard filled.wait(timeout: .now() + .seconds(10)) == .success else { return false }
        for body in work.withLock({ work in
            defer { work = [] }
            return work
        }) { body() }
        return true
    }
}

@Suite("Codec worker")
struct CodecWorkerTests {
    /// A desk whose loop has as many calls as it codes for itself.
    private static func busyDesk(_ inbox: LoopInbox) -> CodecDesk {
        let desk = CodecDesk { CodecWorker(name: "opus-test") { inbox.add($0) } }
        for _ in 0..<CodecDesk.callsOnLoop { _ = desk.enter() }
        return desk
    }

    private static func isAway(_ place: CodecDesk.Place) -> Bool {
        if case .worker = place { true } else { false }
    }

    @Test("The first calls of a loop are coded on it, those beyond that on its worker, and places are given back")
    func places() {
        let inbox = LoopInbox()
        let desk = CodecDesk { CodecWorker(name: "opus-test") { inbox.add($0) } }
        var places = (0..<CodecDesk.callsOnLoop + 2).map { _ in desk.enter() }
        #expect(places.map(Self.isAway) == places.indices.map { $0 >= CodecDesk.callsOnLoop })
        desk.leave(places.removeLast())
        #expect(Self.isAway(desk.enter()))
        desk.leave(places[0])
        #expect(!Self.isAway(desk.enter()))
        let alone = CodecDesk { nil }
        #expect(!(0..<100).map { _ in alone.enter() }.contains(where: Self.isAway), "no thread, no worker")
    }

    @Test("What the agent says comes out of the worker as it would on the loop, in the same order, marks included")
    func sameAsOnTheLoop() throws {
        let inbox = LoopInbox()
        let near = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000))
        let far = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000), desk: Self.busyDesk(inbox))
        let voice = Sound.pcm(Sound.voice(milliseconds: 1_200, rate: 16_000))
        for fixture in [near, far] {
            fixture.phone.line = fixture.line
            fixture.delta(voice)
            fixture.ended()
            for _ in 0..<90 {
                fixture.beat()
                while fixture === far, far.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
            }
        }
        #expect(far.phone.packets == near.phone.packets)
        #expect(far.phone.events.filter { $0 == "mark" }.count == near.phone.events.filter { $0 == "mark" }.count)
        #expect(far.phone.events.last == "mark")
        #expect(far.listener.oddMarks.isEmpty)
        #expect(far.line.counts.badPackets == 0)
    }

    @Test("What the caller says comes out of the worker as it would on the loop, with what is made up")
    func callerSameAsOnTheLoop() throws {
        let inbox = LoopInbox()
        let near = try PacketFixture(rate: .hz8000)
        let far = try PacketFixture(rate: .hz8000, desk: Self.busyDesk(inbox))
        for fixture in [near, far] {
            let frames = Sound.voice(milliseconds: 1_000, rate: 8_000).frames(of: 160)
            for (place, frame) in frames.enumerated() {
                let message = try fixture.packet(frame).message
                if place % 10 != 4 { fixture.hear(message) }
                while fixture === far, far.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
                fixture.beat()
            }
        }
        #expect(far.upstream.heard == near.upstream.heard)
    }

    @Test("What comes at once, as behind a stall of the network, is heard whole")
    func burst() throws {
        let inbox = LoopInbox()
        let near = try PacketFixture(rate: .hz8000)
        let far = try PacketFixture(rate: .hz8000, desk: Self.busyDesk(inbox))
        for fixture in [near, far] {
            for frame in Sound.voice(milliseconds: 2_000, rate: 8_000).frames(of: 160) {
                fixture.hear(try fixture.packet(frame).message)
            }
            while fixture === far, far.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
        }
        #expect(far.upstream.heard == near.upstream.heard)
        #expect(far.line.counts.badPackets == 0)
    }

    @Test("What is interrupted while the worker is at it is not heard")
    func interruption() throws {
        let inbox = LoopInbox()
        let fixture = try PacketFixture(rate: .hz16000, upstream: .pcm16(.hz16000), desk: Self.busyDesk(inbox))
        fixture.phone.line = fixture.line
        fixture.delta(Sound.pcm(Sound.tone(440, milliseconds: 1_000, rate: 16_000)))
        _ = fixture.line.interrupt(at: fixture.loop.now)
        while fixture.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
        #expect(fixture.phone.events == ["clear"])
        #expect(fixture.phone.packets.isEmpty)
    }

    @Test("What the worker brings too late is not waited for: silence stood in for it")
    func lateness() throws {
        let inbox = LoopInbox()
        let fixture = try PacketFixture(rate: .hz8000, desk: Self.busyDesk(inbox))
        let frames = Sound.tone(440, milliseconds: 400, rate: 8_000).frames(of: 160)
        for frame in frames[..<10] {
            fixture.hear(try fixture.packet(frame).message)
            while fixture.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
            fixture.beat()
        }
        // Nobody listens to the worker for 200 ms.
        for frame in frames[10...] {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        let before = fixture.upstream.heard.count
        #expect(before >= 1_600 + 1_600 - 640, "the upstream waits")
        while fixture.line.packets?.lane?.isIdle == false { #expect(inbox.turn()) }
        #expect(fixture.line.counts.badPackets >= 6)
        #expect(fixture.upstream.heard.count <= 3_200 + 480)
    }

    @Test("A worker that is stuck takes no more than its seats hold, and the call goes on")
    func bounds() throws {
        let desk = CodecDesk { CodecWorker(name: "opus-test") { _ in } }
        for _ in 0..<CodecDesk.callsOnLoop { _ = desk.enter() }
        let fixture = try PacketFixture(rate: .hz8000, desk: desk)
        let frame = Sound.tone(440, milliseconds: 20, rate: 8_000)
        for _ in 0..<100 {
            fixture.hear(try fixture.packet(frame).message)
            fixture.beat()
        }
        #expect(fixture.line.counts.badPackets == 100 - CodecLane.seatCount)
        fixture.line.end()
    }
}
