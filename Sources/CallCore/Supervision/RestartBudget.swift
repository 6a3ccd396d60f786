public import Timeline

/// How often what ended by itself is begun again before it is given up: so many times within a window.
public struct RestartBudget: Hashable, Sendable {
    private let most: Int
    private let window: Duration
    private var restarts: [Instant] = []

    public init(_ most: Int = 3, within window: Duration = .seconds(5)) {
        self.most = most
        self.window = window
    }

    /// Takes one restart. False when there were too many of late.
    public mutating func take(at now: Instant) -> Bool {
        restarts.removeAll { $0.advanced(by: window) <= now }
        guard restarts.count < most else { return false }
        restarts.append(now)
        return true
    }
}
