import HTTPWire
import Testing

/// What reading some bytes as requests came to.
enum RequestOutcome: Hashable {
    case head(RequestHead, body: [UInt8])
    case violation(HTTPViolation)
}

/// Reads requests with their bodies, one after the other, as a server does.
func requests(
    _ bytes: [UInt8], cuts: [Int] = [], limits: HeadLimits = HeadLimits(), bodyLimit: Int = 1 << 20
) -> [RequestOutcome] {
    var outcomes: [RequestOutcome] = []
    var heads = RequestHeadReader(limits: limits)
    var current: (head: RequestHead, body: BodyReader)?
    var body: [UInt8] = []
    var start = 0
    do throws(HTTPViolation) {
        for end in cuts + [bytes.count] {
            let slice = Array(bytes[start..<end])
            var position = 0
            start = end
            reading: while true {
                if current == nil {
                    guard let head = try heads.next(in: slice.span, from: &position) else { break reading }
                    current = (head, try BodyReader(head.body, maximumBytes: bodyLimit))
                }
                switch try current?.body.next(in: slice.span, from: &position) {
                case nil: break reading
                case .data(let range): body += slice[range]
                case .end:
                    if let head = current?.head { outcomes.append(.head(head, body: body)) }
                    current = nil
                    body = []
                }
            }
        }
    } catch {
        outcomes.append(.violation(error))
    }
    return outcomes
}

/// The same, checked to be the same however the bytes are cut.
func requestsInAnyCut(_ bytes: [UInt8], limits: HeadLimits = HeadLimits(), bodyLimit: Int = 1 << 20) -> [RequestOutcome]
{
    let whole = requests(bytes, limits: limits, bodyLimit: bodyLimit)
    let everywhere = Array(0...bytes.count)
    for cuts in [everywhere] + cutsToTry(bytes.count).map({ [$0] })
    where requests(bytes, cuts: cuts, limits: limits, bodyLimit: bodyLimit) != whole {
        Issue.record("cut at \(cuts): \(String(decoding: bytes, as: UTF8.self))")
    }
    return whole
}
