/// The message that carries caller audio: `{"type":"input_audio_buffer.append","audio":"…"}`.
public enum OpenAIAudioAppend {
    /// In front of the message, for the longest header that a WebSocket frame can have.
    public static let headroom = AudioMessageForm.headroom

    static let form = AudioMessageForm(
        prefix: #"{"type":"input_audio_buffer.append","audio":""#, suffix: #""}"#)

    /// How large a buffer `write` needs, the headroom included.
    public static func byteCount(audioByteCount: Int) -> Int {
        form.byteCount(audioByteCount: audioByteCount)
    }

    /// Writes the message behind the headroom and returns where it stands. Allocates nothing.
    ///
    /// - Precondition: `buffer` has room for `byteCount(audioByteCount:)`.
    public static func write(_ audio: Span<UInt8>, into buffer: inout MutableSpan<UInt8>) -> Range<Int> {
        form.write(audio, into: &buffer)
    }
}
