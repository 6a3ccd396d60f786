internal import CarrierWire

/// Everything under `/telnyx`: the media socket.
public struct TelnyxPaths: Sendable {
    private let media: MediaEntrance
    private let access: TelnyxAccess

    /// - Parameter twilio: With whose sockets those of Telnyx share the limits of the node.
    public init(beside twilio: TwilioPaths, access: TelnyxAccess) {
        media = twilio.media
        self.access = access
    }

    public func add(to router: inout Router) {
        router.upgrade("/telnyx/media") { brief, stream throws(Problem) in
            try media.open(brief, stream, as: .telnyx, access.checkUpgrade)
        }
    }
}
