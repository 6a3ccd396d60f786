internal import Glibc
public import Timeline

/// The machine's clocks, for edges and actors. Pure code is handed the values.
public enum SystemClock {
    /// Monotonic; goes on through changes of the wall clock.
    public static func now() -> Instant {
        let time = read(CLOCK_MONOTONIC)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The wall clock, for records and logs.
    public static func utc() -> UTCTime {
        let time = read(CLOCK_REALTIME)
        return UTCTime(millisecondsSince1970: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // SAFETY: writes one timespec; both clocks always exist.
        unsafe clock_gettime(clock, &time)
        return time
    }
}
