internal import Addresses
internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
internal import Timeline

/// ElevenLabs' REST API, as far as a conversation needs it: says where it may be opened; at times late, at times not.
final class SimulatedSigner: @unchecked Sendable {
    // Why @unchecked: a world is turned by one thread.
    private static let refusals = [401, 429, 500, 503]

    private let world: World
    private var dice: SeededRandom
    private let badness: Double

    init(_ world: World) {
        self.world = world
        dice = world.dice()
        badness = dice.happens(0.7) ? 0.02 : 0.3
    }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        let isBad = dice.happens(badness)
        let wait = Duration.milliseconds(dice.below(isBad ? 8_000 : 400))
        let patience = min(request.limit, request.deadline.remaining(at: world.now) ?? request.limit)
        world.note("bridge asks where", "\(request.url)")
        await world.pause(min(wait, max(.zero, patience)))
        guard wait <= patience else { throw .deadline }
        guard !isBad || dice.happens(0.3) else {
            return HTTPClientResponse(
                head: ResponseHead(status: Self.refusals[dice.below(Self.refusals.count)]), body: Array("{}".utf8))
        }
        // The agent's id is the last of it.
        let id = request.url.description.split(separator: "=").last ?? ""
        let signed = "wss://upstream.invalid/v1/convai/conversation?token=t&agent_id=\(id)"
        return HTTPClientResponse(head: ResponseHead(status: 200), body: Array("{\"signed_url\":\"\(signed)\"}".utf8))
    }
}
