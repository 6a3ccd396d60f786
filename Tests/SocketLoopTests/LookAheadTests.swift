import TestSupport
import Testing
import Timeline

@testable import SocketLoop

/// The shim remembers which stream's bytes came after which, and looks ahead along that chain.
@Suite("Looking ahead", .timeLimit(.minutes(1)))
struct LookAheadTests {
    @Test("Streams take turns in any order and end in any order, and each still hears only its own", arguments: 1...5)
    func anyOrder(seed: UInt64) async throws {
        try await withLoops(2) { group in
            let (acceptor, server) = try listen(group)
            var random = Seeded(seed: seed)
            var clients: [Journal<StreamEvent>] = []
            let streams = Journal<Held>()
            for _ in 0..<12 {
                let client = dial(
                    group.loops[1], acceptor.address.endpoint,
                    then: { stream in
                        // Names itself: what is written to is the stream that was read.
                        unsafe stream.looksAhead(to: [], writingTo: stream)
                        streams.note(Held(stream))
                    })
                guard case .opened? = await client.next() else { return fail("not opened") }
                clients.append(client)
            }
            var open: [(Held, Journal<StreamEvent>)] = []
            for client in clients {
                guard let stream = await streams.next() else { return fail("a stream is missing") }
                open.append((stream, client))
            }
            while !open.isEmpty {
                // The order changes from round to round: each guess is right, wrong, or about a stream that has ended.
                open.shuffle(using: &random)
                for (index, (stream, client)) in open.enumerated() {
                    let word = [UInt8(index), UInt8.random(in: 0...255, using: &random)]
                    group.loops[1].execute { _ in _ = stream.value.write(word.span) }
                    #expect(await client.next() == .received(word))
                }
                let (stream, client) = open.removeLast()
                let politely = Bool.random(using: &random)
                group.loops[1].execute { _ in
                    if politely { stream.value.close() } else { stream.value.kill(reset: true) }
                }
                guard case .closed? = await client.next() else { return fail("not closed") }
            }
            acceptor.close()
            _ = server
        }
    }
}

/// Handed from the stream's loop to the test and back, and used only there.
private struct Held: @unchecked Sendable, Hashable {
    let value: ByteStream

    init(_ value: ByteStream) { self.value = value }

    static func == (left: Held, right: Held) -> Bool { left.value === right.value }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(value)) }
}
