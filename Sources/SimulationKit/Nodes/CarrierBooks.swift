internal import Addresses
internal import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
internal import SocketLoop
internal import Timeline

/// The carrier's REST API, behind the bridge's own client: silent, late, too busy, broken, forgetful for a while, or
/// obedient without saying so.
final class CarrierBooks {
    static let base: WebURL = {
        guard let url = try? WebURL("https://api.invalid") else { preconditionFailure("a URL is none") }
        return url
    }()

    enum Answer {
        case right
        /// None, though the order may be carried out.
        case none(acts: Bool)
        case unreachable
        case status(Int)
        /// As of a call that it does not know (yet).
        case unknown
    }

    /// What a caller has to come back, and a little.
    private static let missing = Duration.seconds(5)

    let world: World
    var dice: SeededRandom
    /// Of those who are about to come back; it has dice of its own, so that other worlds stay as they were.
    private var returns: SeededRandom
    /// When each of them was asked about first, and whether that is the moment in which he comes.
    private var missed: [String: (first: Instant, isHard: Bool)] = [:]
    private let badness: Double
    /// While it does not answer anybody.
    private let silences: [Range<Instant>]
    private(set) var calls: [String: CarrierCall] = [:]
    /// What is to be dialled.
    var orders: [OutboundOrder] = []
    /// So late a call shows in the list.
    let listing: Duration
    /// From then on it answers at once, and rightly.
    var isCalm = false

    init(_ world: World, span: Duration) {
        self.world = world
        dice = world.dice()
        var copy = dice
        returns = SeededRandom(seed: ~copy.next())
        badness = [0, 0.02, 0.02, 0.3][dice.below(4)]
        listing = .milliseconds(dice.below(dice.happens(0.7) ? 800 : 4_000))
        silences = (0..<[0, 0, 1, 2][dice.below(4)]).map { [dice] _ in
            var dice = dice
            let from = World.beginning.advanced(by: .milliseconds(dice.below(Int(span.inSeconds * 1_000))))
            return from..<from.advanced(by: .milliseconds(dice.below(120_000)))
        }
    }

    func add(_ call: CarrierCall) { calls[call.name] = call }

    /// Whether it failed anybody, or could have, between these two.
    func wasFlawless(from start: Instant, to end: Instant) -> Bool {
        badness == 0 && !silences.contains { $0.overlaps(start..<end) }
    }

    func send(
        _ request: HTTPClientRequest, from process: WorldProcess
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let patience = min(request.limit, request.deadline.remaining(at: world.now) ?? request.limit)
        let path = request.url.path
        let name = path.split(separator: "/").last.map { $0.split(separator: ".").first.map(String.init) ?? "" } ?? ""
        let call = calls[name]
        world.note("bridge asks carrier", call: call?.number, "\(process.name) \(request.method) \(name)")
        if request.method != "GET" { call?.ordered(by: process) }
        var answer = draw()
        if path.hasSuffix("/Calls.json"), request.method == "POST" {
            return try await takeDial(request, answer, patience, from: process)
        }
        var wait = Duration.milliseconds(5 + dice.below(isCalm || dice.happens(0.9) ? 250 : 3_500))
        if request.method == "GET", let call, call.isAway, let late = meetReturn(of: call, by: process) {
            (answer, wait) = late
        }
        if case .none = answer { wait = patience }
        guard wait <= patience else {
            await process.pause(patience)
            throw .deadline
        }
        await process.pause(wait)
        guard !process.isDead else { throw .clientClosed }
        switch answer {
        case .unreachable: throw .dial(.refused(HostPort(host: "api.invalid", port: 443), "refused"))
        case .none(let acts):
            if acts { act(request, on: call) }
            throw .deadline
        case .status(let status):
            let headers: Headers = status == 429 ? ["Retry-After": "\(1 + dice.below(3))"] : [:]
            return HTTPClientResponse(
                head: ResponseHead(status: status, headers: headers),
                body: Array("{\"code\":20500,\"message\":\"no\"}".utf8))
        case .unknown: return unknown
        case .right:
            if name == "AC0" { return account }
            if path.hasSuffix("/Calls.json") { return list(request) }
            guard let call, !call.plan.isScheduled else { return unknown }
            act(request, on: call)
            return right(call)
        }
    }

    /// Where the carrier is bad it may say nothing of a caller who was cut off, until he comes back in the very moment in
    /// which it is asked once more, long after he was missed.
    private func meetReturn(of call: CarrierCall, by process: WorldProcess) -> (Answer, wait: Duration)? {
        guard badness > 0, !isCalm else { return nil }
        let (first, isHard) = missed[call.name] ?? (world.now, returns.happens(0.5))
        missed[call.name] = (first, isHard)
        guard isHard else { return nil }
        guard first.duration(to: world.now) >= Self.missing else {
            call.hold()
            return (.unreachable, .milliseconds(20))
        }
        call.comeBack(to: process)
        return (.right, .milliseconds(1_200 + returns.below(1_500)))
    }

    /// It gets there whatever becomes of who sent it, and the answer may be lost on its way back.
    private func takeDial(
        _ request: HTTPClientRequest, _ answer: Answer, _ patience: Duration, from process: WorldProcess
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        let wait = min(patience, .milliseconds(5 + dice.below(isCalm || dice.happens(0.9) ? 250 : 6_000)))
        let isLost = wait == patience
        let desk = Desk()
        world.after(wait / 2) { [self] in
            desk.result = Result { () throws(HTTPClientError) in try self.answer(toDial: request, answer) }
        }
        if case .none = answer { await process.pause(patience) } else { await process.pause(wait) }
        guard !process.isDead else { throw .clientClosed }
        guard !isLost, let result = desk.result else { throw .deadline }
        return try result.get()
    }

    /// Where the carrier's answer lies.
    private final class Desk {
        var result: Result<HTTPClientResponse, HTTPClientError>?
    }

    private var account: HTTPClientResponse {
        HTTPClientResponse(
            head: ResponseHead(status: 200), body: Array("{\"sid\":\"AC0\",\"status\":\"active\"}".utf8))
    }

    private var unknown: HTTPClientResponse {
        HTTPClientResponse(
            head: ResponseHead(status: 404),
            body: Array("{\"code\":20404,\"message\":\"not found\",\"status\":404}".utf8))
    }

    private func draw() -> Answer {
        guard !isCalm else { return .right }
        if silences.contains(where: { $0.contains(world.now) }) {
            return dice.happens(0.5) ? .none(acts: false) : .unreachable
        }
        guard dice.happens(badness) else { return .right }
        switch dice.below(6) {
        case 0: return .none(acts: dice.happens(0.5))
        case 1: return .unreachable
        case 2: return .status(429)
        case 3: return .status([500, 502, 503][dice.below(3)])
        case 4: return .status(500)
        default: return dice.happens(0.2) ? .unknown : .right
        }
    }

    private func act(_ request: HTTPClientRequest, on call: CarrierCall?) {
        guard request.method == "POST", let call, call.isLive else { return }
        world.note("bridge orders", call: call.number)
        let isEnd = String(decoding: request.body, as: UTF8.self).contains("Status=completed")
        world.after(.milliseconds(dice.below(300) + (isEnd ? 0 : 1_000))) { call.hangUp() }
    }

    /// The books lag behind.
    private func right(_ call: CarrierCall) -> HTTPClientResponse {
        let lags = !isCalm && call.ended.map { $0.duration(to: world.now) < .seconds(5) } ?? false && dice.happens(0.2)
        let status: CallStatus = call.isLive || lags ? .inProgress : call.plan.final
        return HTTPClientResponse(
            head: ResponseHead(status: 200),
            body: Array("{\"sid\":\"\(call.name)\",\"status\":\"\(status.rawValue)\"}".utf8))
    }
}
