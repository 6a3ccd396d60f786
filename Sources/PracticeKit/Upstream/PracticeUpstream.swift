public import HTTPLoop
public import HTTPWire
internal import JSONWire
public import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// The practice upstream as a service: takes WebSockets at the path of the real one and gives each a session.
public final class PracticeUpstream: HTTPService {
    public struct Options: Sendable {
        public var settings = PracticeSettings()
        /// Only so many connections, the first ones, have the settings' faults; nil is all.
        public var faultyFirst: Int?
        /// Only each such connection has the settings' faults: 10 is one in ten.
        public var faultyEvery = 1
        /// Where recordings go; nil records nothing.
        public var recordings: String?

        public init() {}

        func isFaulty(_ connection: Int) -> Bool {
            connection <= faultyFirst ?? .max && connection % max(1, faultyEvery) == 0
        }
    }

    public static let path = "/v1/realtime"

    /// A message is as large as the service allows; what waits for a slow reader may be a minute of audio and more.
    static let limits = WebSocketLimits(
        messageBytes: PracticeSession.messageLimit, waitingBytes: 64 << 20, heartbeat: .zero, silence: .zero)

    private let options: Options
    private let reporting: @Sendable (PracticeLine) -> Void
    private let connections = Atomic(0)
    private let shelf = ToneShelf()

    /// - Parameter reporting: called for everything that happens, on the connection's loop.
    public init(options: Options, reporting: @escaping @Sendable (PracticeLine) -> Void) {
        self.options = options
        self.reporting = reporting
    }

    public func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream
    ) -> HTTPAnswer {
        guard request.path == Self.path else { return .respond(Refusal.response(404)) }
        guard let upgrade else { return .respond(HTTPResponse(.upgradeRequired)) }
        let connection = connections.wrappingAdd(1, ordering: .relaxed).newValue
        let query = QueryItems(request.query ?? "")
        var settings = options.settings
        if !options.isFaulty(connection) { settings.faults = [] }
        settings.isRecording = options.recordings != nil
        do throws(PracticeError) {
            try settings.apply(query: query)
        } catch {
            return refuse(HTTPResponse.text(400, error.message), connection)
        }
        guard let key = Self.key(request, upgrade) else { return refuse(Refusal.missingKey, connection) }
        for case .refuse(let status) in settings.faults { return refuse(Refusal.response(status), connection) }
        let model = query["model"] ?? ""
        let session = PracticeSession(
            connection: connection, model: model, settings: settings,
            epoch: SystemClock.utc().millisecondsSince1970 / 1_000, shelf: shelf, at: stream.loop.now)
        let handler = PracticeConnection(
            session: session, number: connection,
            rejection: Self.rejection(request, model: model, hasRightKey: settings.key ?? key == key),
            recordings: options.recordings, reporting: reporting)
        let protocols = upgrade.subprotocols.contains("realtime") ? "realtime" : nil
        return .upgrade(UpgradeAnswer(subprotocol: protocols, limits: Self.limits, handler: handler))
    }

    private func refuse(_ response: HTTPResponse, _ connection: Int) -> HTTPAnswer {
        reporting(
            PracticeLine(
                connection: connection, at: SystemClock.utc(), milliseconds: 0,
                report: .refused(status: response.status)))
        return .respond(response)
    }

    /// From the header, or from a sub-protocol as browsers send it.
    private static func key(_ request: RequestHead, _ upgrade: WebSocketUpgrade.Acceptance) -> String? {
        let scheme = "Bearer "
        if let header = request.headers["Authorization"], header.hasPrefix(scheme), header.count > scheme.count {
            return String(header.dropFirst(scheme.count))
        }
        let prefix = "openai-insecure-api-key."
        return upgrade.subprotocols.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    private static func rejection(
        _ request: RequestHead, model: String, hasRightKey: Bool
    ) -> PracticeSession.Rejection? {
        if request.headers.contains("OpenAI-Beta") { return .betaHeader }
        if !hasRightKey { return .invalidKey }
        return model.isEmpty ? .missingModel : nil
    }
}
