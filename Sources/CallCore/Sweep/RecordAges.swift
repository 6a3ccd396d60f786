public import Timeline

/// How long records have been open. Their times are the wall clock's, which may be set forward or back; what this process
/// has seen itself is measured by the clock that does not jump, and no jump that it lived through makes a record older.
public struct RecordAges: Sendable {
    /// Less than that between two looks is no jump.
    private static let tolerance = Duration.seconds(1)
    /// What is not open, or not yet kept, is remembered for so long.
    private static let memory = Duration.seconds(600)

    /// By either name.
    private var seen: [CallReference: Instant] = [:]
    private var last: (now: Instant, utc: UTCTime)?
    /// How far the wall clock was set forward, all times together.
    private var forward = Duration.zero

    public init() {}

    /// To be told often, for jumps to be seen.
    public mutating func look(at now: Instant, _ utc: UTCTime) {
        defer { last = (now, utc) }
        guard let last else { return }
        let wall = Duration.milliseconds(utc.millisecondsSince1970 - last.utc.millisecondsSince1970)
        let jump = wall - last.now.duration(to: now)
        if jump > Self.tolerance { forward += jump }
    }

    /// The record was there at this moment.
    public mutating func saw(_ call: CallReference, at now: Instant) { seen[call] = min(seen[call] ?? now, now) }

    /// At least what this process has seen of it.
    public func age(of record: CallRecord, at now: Instant, _ utc: UTCTime) -> Duration {
        let told = Duration.milliseconds(utc.millisecondsSince1970 - record.createdAt.millisecondsSince1970) - forward
        let named = record.providerCallID.flatMap { seen[.provider($0)] }
        let witnessed = [seen[.id(record.id)], named].compactMap(\.self).min().map { $0.duration(to: now) } ?? .zero
        return max(.zero, witnessed, told)
    }

    public mutating func forget(except open: Set<CallID>, at now: Instant) {
        seen = seen.filter { call, at in
            if case .id(let id) = call, open.contains(id) { return true }
            return at.duration(to: now) < Self.memory
        }
    }
}
