public import Addresses
public import SocketLoop
internal import Telemetry
internal import Timeline
public import TurnWire

/// Asks STUN and TURN servers how they are, over what clients would use. Its sockets live on one loop; callers may be
/// anywhere.
public final class TurnClient: Sendable {
    /// For all of one check: name, connection, and what is asked.
    public static let budget = Duration.seconds(3)

    private let loop: SocketLoop
    private let tls: TLSClientContext

    /// - Parameter tls: Whom to trust.
    public init(on loop: SocketLoop, tls: TLSClientContext) {
        self.loop = loop
        self.tls = tls
    }

    /// Never fails: what went wrong is what was found out. Takes as long as the budget at most.
    public func check(_ url: TurnURL, login: TurnLogin?) async -> TurnReading {
        let deadline = Deadline(limit: Self.budget, from: SystemClock.now())
        let reading = await checkOnce(url, login, by: deadline)
        // Something on the way gave us a port that had a relay a moment ago: another port will do.
        guard reading.failure == .allocationMismatch else { return reading }
        return await checkOnce(url, login, by: deadline)
    }

    private func checkOnce(_ url: TurnURL, _ login: TurnLogin?, by deadline: Deadline) async -> TurnReading {
        var generator = SystemRandomNumberGenerator()
        let transactions = (0..<TurnProbe.transactionsNeeded).map { _ in STUNTransaction(using: &generator) }
        let probe = TurnProbe(url, login: login, transactions: transactions, by: deadline)
        return await withCheckedContinuation { continuation in
            loop.execute { [tls] core in
                TurnExchange(probe, url, on: core, by: deadline) { continuation.resume(returning: $0) }.start(tls)
            }
        }
    }
}
