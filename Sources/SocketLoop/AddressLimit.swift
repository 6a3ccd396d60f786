public import Addresses
internal import Synchronization

/// How many connections one address may have at once. An IPv6 host has its whole /64 to choose from, so that counts as
/// one address.
public final class AddressLimit: Sendable {
    public typealias Exemption = @Sendable (IPAddress) -> Bool

    fileprivate final class Tally: Sendable {
        let count = Atomic(0)
    }

    private let most: Int
    private let isExempt: Exemption
    private let tallies = Mutex<[IPAddress: Tally]>([:])

    /// - Parameters:
    ///   - most: At least one.
    ///   - isExempt: Who may have any number: by default this machine itself.
    public init(most: Int, isExempt: @escaping Exemption = \.isLoopback) {
        self.most = max(1, most)
        self.isExempt = isExempt
    }

    enum Entry {
        case uncounted
        case counted(Place)
        case full
    }

    func enter(_ address: IPAddress) -> Entry {
        guard !isExempt(address) else { return .uncounted }
        let key = address.isV4 ? address : IPAddress(bits: (address.bits >> 64) << 64)
        return tallies.withLock { tallies in
            let tally = tallies[key] ?? Tally()
            guard tally.count.load(ordering: .relaxed) < most else { return .full }
            tally.count.wrappingAdd(1, ordering: .relaxed)
            tallies[key] = tally
            return .counted(Place(self, key, tally))
        }
    }

    /// Addresses that are remembered: those with connections.
    var addressCount: Int { tallies.withLock { $0.count } }

    private func leave(_ key: IPAddress, _ tally: Tally) {
        tallies.withLock { tallies in
            if tally.count.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { tallies[key] = nil }
        }
    }

    /// One connection among those of its address. Given back once, whoever does it first.
    public final class Place: Sendable {
        private let limit: AddressLimit
        private let key: IPAddress
        private let tally: Tally
        private let isLeft = Atomic(false)

        fileprivate init(_ limit: AddressLimit, _ key: IPAddress, _ tally: Tally) {
            self.limit = limit
            self.key = key
            self.tally = tally
        }

        /// More than half of what the address may have is in use.
        public var isCrowded: Bool { 2 * tally.count.load(ordering: .relaxed) > limit.most }

        /// The connection does not count any more.
        public func leave() {
            guard !isLeft.exchange(true, ordering: .relaxed) else { return }
            limit.leave(key, tally)
        }
    }
}
