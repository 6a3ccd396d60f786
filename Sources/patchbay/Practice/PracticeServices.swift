internal import HTTPLoop
internal import HTTPWire
internal import PracticeKit
internal import SocketLoop

/// The upstream, and the carrier where one is wanted, at one address: their paths tell them apart.
struct PracticeServices: HTTPService {
    let upstream: PracticeUpstream
    let carrier: PracticeCarrier?

    func answer(_ request: RequestHead, upgrade: WebSocketUpgrade.Acceptance?, on stream: ByteStream) -> HTTPAnswer {
        guard let carrier, request.path.hasPrefix(PracticeCarrier.pathPrefix) else {
            return upstream.answer(request, upgrade: upgrade, on: stream)
        }
        return carrier.answer(request, upgrade: upgrade, on: stream)
    }
}
