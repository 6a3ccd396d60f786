internal import HTTPLoop
internal import HTTPWire
internal import SocketLoop
internal import Telemetry
internal import Timeline

/// How OpenAI takes an upgrade.
extension PracticeUpstream {
    func answerOpenAI(
        _ request: RequestHead, _ upgrade: WebSocketUpgrade.Acceptance?, _ stream: ByteStream
    ) -> HTTPAnswer {
        guard let upgrade else { return .respond(HTTPResponse(.upgradeRequired)) }
        let connection = nextConnection()
        let query = QueryItems(request.query ?? "")
        let settings: PracticeSettings
        do throws(PracticeError) {
            settings = try self.settings(of: connection, .openAI, query: query)
        } catch {
            return refuse(HTTPResponse.text(400, error.message), connection)
        }
        guard let key = Self.key(request, upgrade) else { return refuse(OpenAIRefusal.missingKey, connection) }
        if let status = Self.refusal(in: settings) { return refuse(OpenAIRefusal.response(status), connection) }
        let model = query["model"] ?? ""
        let session = PracticeSession(
            connection: connection, model: model, settings: settings,
            epoch: SystemClock.utc().millisecondsSince1970 / 1_000, shelf: shelf, at: stream.loop.now)
        return take(
            session, connection,
            rejecting: Self.rejection(request, model: model, hasRightKey: settings.key ?? key == key),
            subprotocol: upgrade.subprotocols.contains("realtime") ? "realtime" : nil)
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
