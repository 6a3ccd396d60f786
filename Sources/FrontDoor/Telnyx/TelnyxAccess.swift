internal import Digests
internal import HTTPWire
public import Wording

/// Whether a media socket really is of a stream that was begun at Telnyx with our token.
///
/// Telnyx signs webhooks and no upgrades. It carries the `stream_auth_token` of the command that began the stream instead.
public struct TelnyxAccess: Sendable {
    private static let header = "X-Telnyx-Streaming-Auth-Token"

    private let digests: [[UInt8]]

    /// - Parameter tokens: Each of them lets a stream in. Without any only programs on this machine come in.
    public init(tokens: [Secret]) {
        digests = tokens.map { Self.digest($0.revealed()) }
    }

    /// Lets an upgrade in or says why not. Whatever comes in counts as signed.
    func checkUpgrade(_ visitor: Visitor) throws(Problem) -> Bool {
        guard !digests.isEmpty else {
            guard visitor.isLocal else { throw Self.noToken }
            return true
        }
        let values = visitor.head.headers.values(of: Self.header)
        guard values.count == 1 else { throw Self.missing }
        let given = Self.digest(values[0])
        // All are compared, so that the time tells nothing of which came near.
        var isRight = false
        for digest in digests where ConstantTime.areEqual(digest.span, given.span) { isRight = true }
        guard isRight else { throw Self.wrong }
        return true
    }

    /// Of the same length for every token, so that not even the length shows in the time.
    private static func digest(_ token: String) -> [UInt8] {
        SHA256.digest(of: Array(token.utf8).span)
    }

    private static let noToken = Problem(
        403, code: "carrier.no_stream_token",
        "Without telnyx.stream_token (TELNYX_STREAM_TOKEN) streams cannot be checked, so only programs on this machine "
            + "may call this path.")
    private static let missing = Problem(
        401, code: "carrier.stream_token_missing",
        "The stream presents no token. Begin it with the stream_auth_token that telnyx.stream_token holds.")
    private static let wrong = Problem(
        403, code: "carrier.stream_token_wrong",
        "The stream's token is none of those in telnyx.stream_token (TELNYX_STREAM_TOKEN).")
}
