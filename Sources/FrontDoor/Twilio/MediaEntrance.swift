internal import Addresses
internal import CallCore
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// Lets media sockets in: those that a carrier opens, and as many as we can take of all carriers together.
struct MediaEntrance: Sendable {
    private static let messageLimit = 1 << 20
    /// A carrier that said goodbye and leaves the connection open is not waited for longer: the call's final status is.
    private static let closingLimit = Duration.seconds(1)

    private let house: TwilioPaths.House
    private let address: PublicAddress
    private let rate: RateLimit
    private let unstarted: UnstartedSockets
    private let limits: WebSocketLimits

    init(
        _ settings: TwilioPaths.Settings, house: TwilioPaths.House, address: PublicAddress
    ) {
        self.house = house
        self.address = address
        rate = RateLimit(TokenBucket(rate: settings.callsPerSecond))
        unstarted = UnstartedSockets(limit: settings.unstartedPerAddress)
        limits = WebSocketLimits(
            messageBytes: Self.messageLimit, heartbeat: settings.heartbeat, silence: settings.silence,
            closing: Self.closingLimit)
    }

    /// Says whether an upgrade may come in, and whether it counts as signed.
    typealias Check = (Visitor) throws(Problem) -> Bool

    func open(
        _ brief: RouteRequest.Brief, _ stream: ByteStream, as dialect: CarrierDialect, _ check: Check
    ) throws(Problem) -> UpgradeAnswer {
        let visitor = Visitor(head: brief.head, peer: stream.peer, isSecure: stream.tlsSummary != nil)
        do throws(Refusal) {
            let isSigned = try admit(visitor, check)
            let client = address.client(of: visitor)
            let upgrade = StreamUpgrade(
                peer: stream.peer, client: client, dialect: dialect, isSigned: isSigned, request: brief.id,
                arrived: SystemClock.now(),
                unstarted: try place(client, isSigned: isSigned))
            do throws(Problem) {
                return UpgradeAnswer(limits: limits, handler: try house.host.takeStream(upgrade, on: stream.loop))
            } catch {
                throw Refusal(reason: "host", problem: error)
            }
        } catch {
            house.registry.counter(.rejected, error.reason).increment()
            throw error.problem
        }
    }

    private struct Refusal: Error {
        let reason: String
        let problem: Problem
    }

    /// Whether it is signed. What costs the least to check comes first, and only what is the carrier's uses up the rate.
    private func admit(_ visitor: Visitor, _ check: Check) throws(Refusal) -> Bool {
        guard !visitor.head.headers.contains("Origin") else {
            let problem = Problem(403, code: "carrier.origin", "Browsers have no business on the media path.")
            throw Refusal(reason: "origin", problem: problem)
        }
        let isSigned: Bool
        do throws(Problem) {
            isSigned = try check(visitor)
        } catch {
            throw Refusal(reason: "signature", problem: error)
        }
        switch house.host.admission {
        case .open: break
        case .full: throw Self.unavailable("full", "This node has as many calls as it can take.")
        case .draining: throw Self.unavailable("draining", "This node takes no new calls, since it is about to end.")
        }
        if let wait = rate.refusal(at: house.now()) {
            let problem = Problem.tooMany(
                "limits.calls_per_second", "More media sockets came in a second than limits.calls_per_second allows.",
                after: wait)
            throw Refusal(reason: "calls_per_second", problem: problem)
        }
        return isSigned
    }

    /// What is signed has proven itself; loopback is exempt.
    private func place(_ client: IPAddress, isSigned: Bool) throws(Refusal) -> UnstartedSocket {
        guard !isSigned, !client.isLoopback else { return UnstartedSocket(leave: nil) }
        guard let place = unstarted.enter(client.source) else {
            let problem = Problem.tooMany(
                "limits.unstarted_per_address",
                "Too many media sockets of this address wait for their start (limits.unstarted_per_address).",
                after: .seconds(1))
            throw Refusal(reason: "unstarted", problem: problem)
        }
        return place
    }

    private static func unavailable(_ reason: String, _ detail: String) -> Refusal {
        let problem = Problem(503, code: "node.\(reason)", detail, headers: ["Retry-After": "1"])
        return Refusal(reason: reason, problem: problem)
    }
}
