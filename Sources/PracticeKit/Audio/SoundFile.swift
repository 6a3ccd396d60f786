internal import Glibc
internal import Telemetry

/// Sound files on disk.
public enum SoundFile {
    /// An hour of stereo at 48 kHz is more than anybody says to a phone.
    private static let largest = 700 << 20

    public static func read(_ path: String) throws(SoundFileError) -> Sound {
        try WaveFile.read(contents(of: path))
    }

    private static func contents(of path: String) throws(SoundFileError) -> [UInt8] {
        do throws(FileReading.Problem) {
            return try FileReading.read(path, limit: largest)
        } catch {
            throw .unreadable(path: path, reason: error.message)
        }
    }

    /// Replaces what stands there.
    public static func write(
        _ sound: Sound, to path: String, coding: WaveFile.Coding = .pcm16
    ) throws(SoundFileError) {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            // SAFETY: the C library's text lives until the next call on this thread.
            throw .unwritable(path: path, reason: unsafe String(cString: strerror(errno)).lowercased())
        }
        defer { close(descriptor) }
        switch FileWriting.write(WaveFile.write(sound, coding: coding).span, to: descriptor) {
        case .written: return
        case .readerGone: throw .unwritable(path: path, reason: "nobody reads it")
        case .failed(let reason): throw .unwritable(path: path, reason: reason)
        }
    }
}
