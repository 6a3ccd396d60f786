internal import Telemetry

/// Which run of the host this is: its monotonic clock means nothing to another.
enum HostClock {
    private static let place = "/proc/sys/kernel/random/boot_id"

    /// Empty where the system does not tell; then every run counts as the same.
    static let run: String = {
        guard let bytes = try? FileReading.read(place, limit: 64) else { return "" }
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }()
}
