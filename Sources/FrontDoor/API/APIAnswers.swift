internal import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import Wording

/// What the answers of `/v1` have in common.
enum APIAnswers {
    private static let usualPage = 50
    private static let largestPage = 200

    static func answer(_ value: JSONValue) -> HTTPResponse {
        .json(headers: ["Cache-Control": "no-store"]) { value.write(to: &$0) }
    }

    static func items(_ items: [JSONObject], next: String? = nil) -> JSONValue {
        .object(
            .building { json in
                json.add("items", .array(items.map { .object($0) }))
                json.addOrNull("next_cursor", next.map { .string($0) })
            })
    }

    /// A part of the query; nil when it is not there or empty.
    static func value<Value>(
        _ name: String, of query: QueryItems, _ read: (String) -> Value?
    ) throws(Problem) -> Value? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let value = read(text) else {
            throw Problem(
                400, code: "http.invalid_query", "'\(name)' cannot be \"\(PeerText(text))\".", field: name)
        }
        return value
    }

    /// How many items a page may hold.
    static func limit(of query: QueryItems) throws(Problem) -> Int {
        try value("limit", of: query) { text in
            Int(text).flatMap { (1...largestPage).contains($0) ? $0 : nil }
        } ?? usualPage
    }

    static func ask<Value>(_ body: () async throws(CallStoreError) -> Value) async throws(Problem) -> Value {
        do throws(CallStoreError) {
            return try await body()
        } catch {
            throw Problem(503, code: error.code, error.message, headers: ["Retry-After": "1"])
        }
    }
}
