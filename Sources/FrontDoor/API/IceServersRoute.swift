public import Addresses
internal import CallCore
internal import HTTPLoop
internal import JSONWire
public import Telemetry
public import Timeline
public import TurnWire
internal import Wording

/// `GET /v1/ice-servers`: what a browser's RTCPeerConnection needs to reach the TURN servers, for a while.
public struct IceServersRoute: Sendable {
    /// What there is to hand out.
    public struct Offer: Sendable {
        let urls: [TurnURL]
        let credentials: TurnCredentials?
        let lifetime: Duration

        /// - Parameters:
        ///   - credentials: Nil where there are only STUN servers, which need none.
        ///   - lifetime: As long as a call may be: a relay is asked for anew when the network changes.
        public init(urls: [TurnURL], credentials: TurnCredentials?, lifetime: Duration) {
            self.urls = urls
            self.credentials = credentials
            self.lifetime = lifetime
        }
    }

    private let entry: APIGuard
    private let offer: Offer?
    private let utc: @Sendable () -> UTCTime

    /// - Parameter turn: Nil where no server is configured.
    public init(_ entry: APIGuard, turn: Offer?, utc: @escaping @Sendable () -> UTCTime = SystemClock.utc) {
        self.entry = entry
        self.offer = turn
        self.utc = utc
    }

    public func add(to router: inout Router) {
        router.on("GET", "/v1/ice-servers", bodyLimit: 0) { request in
            try entry.check(request)
            guard let offer else {
                throw Problem(
                    404, code: "turn.not_configured",
                    "There is no TURN server to tell of. Set turn.urls, and turn.secret or turn.username.")
            }
            return APIAnswers.answer(.object(offer.json(at: utc())))
        }
    }
}

extension IceServersRoute.Offer {
    func json(at now: UTCTime) -> JSONObject {
        let (relays, others) = (urls.filter(\.isRelay), urls.filter { !$0.isRelay })
        var servers: [JSONValue] = []
        func add(_ urls: [TurnURL], _ login: TurnLogin?) {
            guard !urls.isEmpty else { return }
            servers.append(
                .object(
                    .building { json in
                        json.add("urls", .array(urls.map { .string($0.description) }))
                        guard let login else { return }
                        json.add("username", .string(login.username))
                        json.add("credential", .string(login.password.revealed()))
                    }))
        }
        add(others, nil)
        // One without credentials makes a browser refuse all of them.
        if let credentials { add(relays, credentials.login(for: Self.user(), lifetime: lifetime, at: now)) }
        return .building { json in
            json.add("iceServers", .array(servers))
            json.add("ttl", .integer(Int(lifetime.components.seconds)))
        }
    }

    /// Shows in the server's log, where it tells users apart and nobody's name.
    private static func user() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }
}
