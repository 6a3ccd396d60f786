internal import Addresses
internal import CarrierWire
internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
internal import SocketLoop
internal import Timeline

// What the carrier's REST API does with calls that are to be made.
extension CarrierBooks {
    /// What becomes of an order to dial, and what is said of it.
    func answer(toDial request: HTTPClientRequest, _ answer: Answer) throws(HTTPClientError) -> HTTPClientResponse {
        switch answer {
        case .right: return dial(request) ?? refusal(400)
        case .none(let acts):
            if acts { _ = dial(request) }
            throw .deadline
        case .unreachable: throw .dial(.refused(HostPort(host: "api.invalid", port: 443), "refused"))
        case .status(let status):
            if status == 500, dice.happens(0.4) { _ = dial(request) }
            return refusal(status)
        case .unknown: return refusal(429)
        }
    }

    private func dial(_ request: HTTPClientRequest) -> HTTPClientResponse? {
        guard let form = try? WebForm(parsing: request.body.span), let to = form["To"],
            let order = orders.first(where: { $0.number == to }), let voice = path(form["Url"]),
            let status = path(form["StatusCallback"])
        else {
            world.violated("what is dialled was ordered", String(decoding: request.body, as: UTF8.self))
            return nil
        }
        let call = order.dial(asking: voice, reporting: status)
        return HTTPClientResponse(
            head: ResponseHead(status: 201),
            body: Array("{\"sid\":\"\(call.name)\",\"status\":\"queued\"}".utf8))
    }

    /// What a URL asks for; how often it is tried again stands behind it, and is the carrier's business.
    private func path(_ url: String?) -> String? {
        guard let parts = url?.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false), parts.count == 4
        else { return nil }
        return "/" + parts[3].prefix { $0 != "#" }
    }

    /// The calls that were made to one number; the newest may be missing yet.
    func list(_ request: HTTPClientRequest) -> HTTPClientResponse {
        let target = request.url.description
        let found = orders.first { target.contains("%2B\($0.number.dropFirst())") || target.contains($0.number) }
        let isListed = found?.dialled.map { isCalm || $0.duration(to: world.now) > listing } ?? false
        var items = ""
        if let found, isListed, let dialled = found.dialled, let call = calls.values.first(where: { found.isOf($0) }) {
            let created = WallClock().utc(at: dialled).httpDate
            items = "{\"sid\":\"\(call.name)\",\"status\":\"ringing\",\"date_created\":\"\(created)\"}"
        }
        return HTTPClientResponse(
            head: ResponseHead(status: 200), body: Array("{\"calls\":[\(items)],\"next_page_uri\":null}".utf8))
    }

    private func refusal(_ status: Int) -> HTTPClientResponse {
        let headers: Headers = status == 429 ? ["Retry-After": "\(1 + dice.below(3))"] : [:]
        return HTTPClientResponse(
            head: ResponseHead(status: status, headers: headers),
            body: Array("{\"code\":20500,\"message\":\"no\"}".utf8))
    }
}
