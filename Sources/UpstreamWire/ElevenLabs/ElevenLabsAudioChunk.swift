/// The message that carries caller audio: `{"user_audio_chunk":"…"}`.
public enum ElevenLabsAudioChunk {
    static let form = AudioMessageForm(prefix: #"{"user_audio_chunk":""#, suffix: #""}"#)

    /// How large a buffer `write` needs, with room in front for the header of a WebSocket frame.
    public static func byteCount(audioByteCount: Int) -> Int {
        form.byteCount(audioByteCount: audioByteCount)
    }

    /// Writes the message and returns where it stands. Allocates nothing.
    ///
    /// - Precondition: `buffer` has room for `byteCount(audioByteCount:)`.
    public static func write(_ audio: Span<UInt8>, into buffer: inout MutableSpan<UInt8>) -> Range<Int> {
        form.write(audio, into: &buffer)
    }
}
