/// A record that is not final, and who answers for it.
public struct OpenCall: Hashable, Sendable {
    public enum Holder: Hashable, Sendable {
        /// Whoever asks.
        case asker
        /// Another node that lives.
        case another
        /// Nobody, or a node that has left or died.
        case nobody
    }

    public let record: CallRecord
    public let holder: Holder
    /// It was claimed from a dead node, and no stream has come for it since.
    public let wasClaimed: Bool

    public init(record: CallRecord, holder: Holder, wasClaimed: Bool = false) {
        self.record = record
        self.holder = holder
        self.wasClaimed = wasClaimed
    }
}
