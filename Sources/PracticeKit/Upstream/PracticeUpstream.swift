public import HTTPLoop
public import HTTPWire
public import SocketLoop
internal import Synchronization
internal import Telemetry
internal import Timeline

/// The practice upstream as a service: takes what the real ones take at their paths, and gives each WebSocket a session.
public final class PracticeUpstream: HTTPService {
    public struct Options: Sendable {
        public var settings = PracticeSettings()
        public var protocols = PracticeProtocol.allCases
        /// Agents of ElevenLabs by their ids, with what each has of its own; empty is any, all alike.
        public var agents: [String: PracticeSettings] = [:]
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

    public static let openAIPath = "/v1/realtime"

    /// As large as OpenAI allows.
    static let messageLimit = 16 << 20

    /// What waits for a slow reader may be a minute of audio and more.
    static let limits = WebSocketLimits(
        messageBytes: messageLimit, waitingBytes: 64 << 20, heartbeat: .zero, silence: .zero)

    /// The statuses that the fault `refuse` may have.
    static let refusals = [401, 403, 404, 429, 500, 503]

    let options: Options
    let signatures = URLSignatures()
    private let reporting: @Sendable (PracticeLine) -> Void
    private let connections = Atomic(0)
    let shelf = ToneShelf()

    /// - Parameter reporting: called for everything that happens, on the connection's loop.
    public init(options: Options, reporting: @escaping @Sendable (PracticeLine) -> Void) {
        self.options = options
        self.reporting = reporting
    }

    public func answer(
        _ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream
    ) -> HTTPAnswer {
        switch String(request.path) {
        case Self.openAIPath where options.protocols.contains(.openAI):
            answerOpenAI(request, upgrade, stream)
        case ElevenLabsPath.conversation where options.protocols.contains(.elevenLabs):
            answerElevenLabs(request, upgrade, stream)
        case let path where ElevenLabsPath.signedURL.contains(path) && options.protocols.contains(.elevenLabs):
            .respond(signedURL(request))
        default: .respond(HTTPResponse.text(404, "nothing is here"))
        }
    }

    func nextConnection() -> Int {
        connections.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// What a connection is to do: as the command says, the agent and the query.
    func settings(
        of connection: Int, _ spoken: PracticeProtocol, agent: PracticeSettings? = nil, query: QueryItems
    ) throws(PracticeError) -> PracticeSettings {
        var settings = agent ?? options.settings
        if !options.isFaulty(connection) { settings.faults = [] }
        settings.isRecording = options.recordings != nil
        // Faults for both may come from the command, where one protocol does not have them.
        _ = settings.dropFaults(foreignTo: spoken)
        try settings.apply(query: query)
        if let foreign = settings.dropFaults(foreignTo: spoken).first { throw foreign }
        return settings
    }

    /// The status with which this connection is refused, if it is.
    static func refusal(in settings: PracticeSettings) -> Int? {
        settings.faults.lazy.compactMap { if case .refuse(let status) = $0 { status } else { nil } }.first
    }

    func refuse(_ response: HTTPResponse, _ connection: Int) -> HTTPAnswer {
        tellRefusal(response, connection)
        return .respond(response)
    }

    func tellRefusal(_ response: HTTPResponse, _ connection: Int) {
        reporting(
            PracticeLine(
                connection: connection, at: SystemClock.utc(), milliseconds: 0,
                report: .refused(status: response.status)))
    }

    func take(
        _ session: PracticeSession, _ connection: Int, rejecting rejection: PracticeSession.Rejection?,
        subprotocol: String?
    ) -> HTTPAnswer {
        let handler = PracticeConnection(
            session: session, number: connection, rejection: rejection, recordings: options.recordings,
            reporting: reporting)
        return .upgrade(UpgradeAnswer(subprotocol: subprotocol, limits: Self.limits, handler: handler))
    }
}
