/// Which side of the connection we are.
public enum WebSocketRole: Sendable {
    case server
    case client
}

/// What a peer sent. Messages are whole; fragments and masks do not show.
public enum WebSocketEvent: Hashable, Sendable {
    /// Checked UTF-8.
    case text(PayloadPlace)
    case binary(PayloadPlace)
    case ping(PayloadPlace)
    case pong(PayloadPlace)
    /// The last event of a connection: what follows a close frame is dropped.
    case close(WebSocketClose)
}

/// Where a payload stands. Valid until the reader's next call.
public enum PayloadPlace: Hashable, Sendable {
    /// In the slice that was just read, unmasked in place.
    case slice(Range<Int>)
    /// In the reader, since no slice held it whole: `WebSocketReader.withAssembled`.
    case assembled
}
