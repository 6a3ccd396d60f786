internal import Addresses
internal import Commands
internal import Configuration
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import SocketLoop
internal import Wording

/// A running bridge's API, for the commands that look after calls.
struct BridgeAPI: Sendable {
    /// What went wrong between the command and the bridge, in one line.
    struct Failure: CommandFailure {
        let message: String
        let exitCode: ExitCode
    }

    private static let url = Option(
        "url", "URL", .webURL, help: "Where the bridge is. Without it, where the settings say that it listens.")
    private static let token = Option(
        "token", "TOKEN", .text, help: "What lets into its API. Without it, the first of the settings that may.")
    static let options: [any CommandInput] = [SettingFlags.config, url, token]

    /// The sweep waits for the carrier.
    private static let limit = Duration.seconds(40)
    private static let answerLimit = 16 << 20

    private let client: HTTPClient
    private let base: String
    private let token: Secret?

    /// Lends the API that a command was told to use.
    static func use(_ call: Invocation, _ body: (BridgeAPI) async throws -> ExitCode) async throws -> ExitCode {
        let settings = try SettingFlags.loadFile(call).settings
        let group = try LoopGroup(count: 1)
        defer { group.stop() }
        let client = HTTPClient(on: group.loops[0], tls: try TLSClientContext(authoritiesFile: settings.tls.ca))
        let base = call[url].map { "\($0.scheme.rawValue)://\($0.authority)\($0.path)" } ?? address(settings)
        let token = settings.apiTokens.first { !$0.isReadOnly } ?? settings.apiTokens.first
        return try await body(
            BridgeAPI(
                client: client, base: base.hasSuffix("/") ? String(base.dropLast()) : base,
                token: call[Self.token].map { Secret($0) } ?? token?.token))
    }

    private static func address(_ settings: Settings) -> String {
        let listen = settings.listen
        let host = ["0.0.0.0", "::"].contains(listen.host) ? "127.0.0.1" : listen.host
        return "\(settings.tls.certificate == nil ? "http" : "https")://\(HostPort(host: host, port: listen.port))"
    }

    func get(_ path: String) async throws(Failure) -> JSONObject { try await ask("GET", path) }

    func post(_ path: String, _ body: JSONObject? = nil) async throws(Failure) -> JSONObject {
        try await ask("POST", path, body)
    }

    func patch(_ path: String, _ body: JSONObject) async throws(Failure) -> JSONObject {
        try await ask("PATCH", path, body)
    }

    func delete(_ path: String) async throws(Failure) { _ = try await ask("DELETE", path) }

    /// All pages of a list.
    func list(_ path: String) async throws(Failure) -> [JSONObject] {
        var items: [JSONObject] = []
        var cursor = ""
        repeat {
            let page = try await get("\(path)?limit=200&cursor=\(URLText.escaped(cursor))")
            items += page.objects("items")
            cursor = page.text("next_cursor") ?? ""
        } while !cursor.isEmpty
        return items
    }

    private func ask(
        _ method: String, _ path: String, _ body: JSONObject? = nil
    ) async throws(Failure) -> JSONObject {
        guard let url = try? WebURL(base + path) else {
            throw Failure(message: "'\(PeerText(base + path))' is no URL", exitCode: .usage)
        }
        var headers: Headers = ["Accept": "application/json"]
        if body != nil { headers.append("Content-Type", "application/json") }
        if let token { headers.append("Authorization", "Bearer \(token.revealed())") }
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await client.send(
                HTTPClientRequest(
                    url, method: method, headers: headers, body: body.map { Array($0.line.utf8) } ?? [],
                    limit: Self.limit, responseLimit: Self.answerLimit))
        } catch {
            throw Failure(
                message: "no answer from \(base): \(error.message) Is `patchbay serve` up? --url says where it is.",
                exitCode: .failed)
        }
        guard response.status != 204 else { return JSONObject() }
        let limits = JSONValue.Limits(bytes: Self.answerLimit, values: 1 << 20)
        let answer = try? JSONObject(parsing: response.body.span, limits: limits)
        guard (200..<300).contains(response.status), let answer else { throw refusal(response.status, answer) }
        return answer
    }

    private func refusal(_ status: Int, _ problem: JSONObject?) -> Failure {
        let said = problem?.text("detail")
        switch status {
        case 401, 403:
            return Failure(
                message: said ?? "the bridge at \(base) wants a token: use --token or api_tokens", exitCode: .usage)
        case 503:
            return Failure(message: said ?? "the bridge at \(base) cannot answer now", exitCode: .temporary)
        default:
            return Failure(
                message: said ?? "\(base) answered \(status), and not as a bridge does", exitCode: .failed)
        }
    }
}

extension OptionKind<WebURL> {
    fileprivate static let webURL = OptionKind(expected: "a URL such as http://127.0.0.1:8080") { text in
        guard let url = try? WebURL(text), [.http, .https].contains(url.scheme) else { return nil }
        return url
    }
}

extension JSONObject {
    /// What a member says, for people: texts and numbers as they are, nothing for null and for what is neither.
    func text(_ name: String) -> String? {
        switch self[name] {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let value): value ? "yes" : "no"
        case .null, .array, .object, nil: nil
        }
    }

    /// The objects in a list.
    func objects(_ name: String) -> [JSONObject] {
        guard case .array(let values) = self[name] else { return [] }
        return values.compactMap { value in
            guard case .object(let object) = value else { return nil }
            return object
        }
    }

    var line: String {
        var json = JSONWriter()
        JSONValue.object(self).write(to: &json)
        return json.text
    }
}
