/// What keeps a codec from being made. What comes over the wire never does: codecs take any samples.
public enum MediaCodecError: Error, Hashable, Sendable {
    /// The codec's library could not take memory for a stream.
    case outOfMemory

    public var code: String {
        switch self {
        case .outOfMemory: "codec.memory"
        }
    }

    public var message: String {
        switch self {
        case .outOfMemory:
            "There was no memory to convert a call's audio, so that call cannot go on. Lower the limit of calls."
        }
    }
}
