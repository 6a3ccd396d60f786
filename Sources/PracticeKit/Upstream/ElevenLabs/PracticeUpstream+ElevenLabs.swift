internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import SocketLoop
internal import Telemetry
internal import Timeline

enum ElevenLabsPath {
    static let conversation = "/v1/convai/conversation"
    /// The second is an older spelling.
    static let signedURL = ["\(conversation)/get-signed-url", "\(conversation)/get_signed_url"]
}

/// How ElevenLabs lets a conversation begin: a signed URL for who has the key, and the WebSocket behind it.
extension PracticeUpstream {
    private var seconds: Int64 { SystemClock.utc().millisecondsSince1970 / 1_000 }

    private func knows(_ agent: String) -> Bool {
        options.agents.isEmpty || options.agents[agent] != nil
    }

    // MARK: the signed URL

    func signedURL(_ request: RequestHead) -> HTTPResponse {
        let connection = nextConnection()
        let query = QueryItems(request.query ?? "")
        let answer = signedURL(request, query, connection)
        if answer.status != 200 { tellRefusal(answer, connection) }
        return answer
    }

    private func signedURL(_ request: RequestHead, _ query: QueryItems, _ connection: Int) -> HTTPResponse {
        guard request.method == "GET" else { return HTTPResponse.text(405, "only GET", headers: ["Allow": "GET"]) }
        let agent = query["agent_id"] ?? ""
        let settings: PracticeSettings
        do throws(PracticeError) {
            settings = try self.settings(of: connection, .elevenLabs, agent: options.agents[agent], query: query)
        } catch {
            return HTTPResponse.text(400, error.message)
        }
        guard let key = request.headers["xi-api-key"] else { return ElevenLabsRefusal.missingKey }
        guard settings.key ?? key == key else { return ElevenLabsRefusal.response(401) }
        if let status = Self.refusal(in: settings) { return ElevenLabsRefusal.response(status) }
        guard !agent.isEmpty else { return ElevenLabsRefusal.missingAgent }
        guard knows(agent) else { return ElevenLabsRefusal.response(404) }
        let isSingleUse = query["include_conversation_id"] == "true"
        let isStale = settings.faults.contains(.elevenLabs(.staleURL))
        let grant = URLSignatures.Grant(
            agent: agent, connection: connection, isSingleUse: isSingleUse,
            expires: seconds + (isStale ? -1 : URLSignatures.lifetime))
        var items = [("agent_id", agent), ("conversation_signature", signatures.sign(grant))]
        // What the query wished for is wished for in the conversation.
        for item in query.items where PracticeSettings.directives.contains(where: { $0.name == item.name }) {
            items.append((item.name, item.value))
        }
        let host = request.headers["Host"] ?? "127.0.0.1"
        let url = "ws://\(host)\(ElevenLabsPath.conversation)?\(QueryItems.text(items))"
        var members = [JSONObject.Member(name: "signed_url", value: .string(url))]
        if isSingleUse {
            members.append(JSONObject.Member(name: "conversation_id", value: .string("conv_practice\(connection)")))
        }
        return ElevenLabsRefusal.json(200, .object(JSONObject(members)))
    }

    // MARK: the conversation

    func answerElevenLabs(
        _ request: RequestHead, _ upgrade: WebSocketUpgrade.Acceptance?, _ stream: ByteStream
    ) -> HTTPAnswer {
        guard let upgrade else { return .respond(HTTPResponse(.upgradeRequired)) }
        let query = QueryItems(request.query ?? "")
        let agent = query["agent_id"] ?? ""
        var verdict: URLSignatures.Verdict?
        if let signature = query["conversation_signature"] ?? query["token"] {
            verdict = signatures.check(signature, agent: agent, at: seconds)
        }
        let (connection, isSpent) = connection(of: verdict)
        let settings: PracticeSettings
        do throws(PracticeError) {
            settings = try self.settings(of: connection, .elevenLabs, agent: options.agents[agent], query: query)
        } catch {
            return refuse(HTTPResponse.text(400, error.message), connection)
        }
        if let status = Self.refusal(in: settings) { return refuse(ElevenLabsRefusal.response(status), connection) }
        let session = PracticeSession(
            connection: connection, agent: agent, settings: settings, shelf: shelf, at: stream.loop.now)
        let rejection =
            isSpent ? .invalidKey : rejection(verdict, agent: agent, isPrivate: settings.elevenLabs.isPrivate)
        return take(
            session, connection, rejecting: rejection,
            subprotocol: upgrade.subprotocols.contains("convai") ? "convai" : nil)
    }

    /// The number that the request for the URL had, so that both are one attempt; and whether it was used too often.
    private func connection(of verdict: URLSignatures.Verdict?) -> (Int, isSpent: Bool) {
        guard case .good(let grant)? = verdict else { return (nextConnection(), false) }
        if signatures.use(grant, at: seconds) { return (grant.connection, false) }
        return (nextConnection(), grant.isSingleUse)
    }

    private func rejection(
        _ verdict: URLSignatures.Verdict?, agent: String, isPrivate: Bool
    ) -> PracticeSession.Rejection? {
        guard !agent.isEmpty else { return .missingModel }
        guard knows(agent) else { return .modelNotFound }
        return switch verdict {
        case .good: nil
        case .expired: .expired
        case .invalid: .invalidKey
        case nil: isPrivate ? .unsigned : nil
        }
    }
}
