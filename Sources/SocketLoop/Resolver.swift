internal import CTransport
internal import Timeline

/// Why a name has no address, in the resolver's words.
public struct ResolveFailure: Error, Hashable, Sendable {
    public let message: String
}

/// Answers of one loop's name look-ups, remembered for a while. The system tells no lifetimes, so ours are short.
final class Resolver {
    typealias Answer = Result<[SocketAddress], ResolveFailure>
    typealias Ask = (_ number: UInt64, _ host: String) -> Bool

    static let keepsGood = Duration.seconds(30)
    static let keepsBad = Duration.seconds(1)
    /// More names than this at once are not remembered; they still resolve.
    static let capacity = 256

    private struct Entry {
        let answer: Answer
        let until: Instant
    }

    private struct Query {
        let host: String
        var waiting: [(Answer) -> Void]
    }

    private var known: [String: Entry] = [:]
    private var queries: [UInt64: Query] = [:]
    private var numberOfHost: [String: UInt64] = [:]
    private var lastNumber: UInt64 = 0

    /// Calls `done` with addresses whose port is 0: at once if they are known, else when the system answers. Many who ask
    /// for the same name make one question.
    func resolve(_ host: String, at now: Instant, ask: Ask, done: @escaping (Answer) -> Void) {
        if let entry = known[host], now < entry.until {
            done(entry.answer)
            return
        }
        if let number = numberOfHost[host] {
            queries[number]?.waiting.append(done)
            return
        }
        lastNumber += 1
        queries[lastNumber] = Query(host: host, waiting: [done])
        numberOfHost[host] = lastNumber
        if !ask(lastNumber, host) {
            answered(lastNumber, .failure(ResolveFailure(message: "the resolver takes no more questions")), at: now)
        }
    }

    func answered(_ number: UInt64, _ answer: Answer, at now: Instant) {
        guard let query = queries.removeValue(forKey: number) else { return }
        numberOfHost[query.host] = nil
        let keeps: Duration
        switch answer {
        case .success: keeps = Self.keepsGood
        case .failure: keeps = Self.keepsBad
        }
        if known.count >= Self.capacity { known = known.filter { now < $0.value.until } }
        if known.count < Self.capacity { known[query.host] = Entry(answer: answer, until: now.advanced(by: keeps)) }
        for done in query.waiting { done(answer) }
    }
}

extension LoopCore {
    /// Asks for a name's addresses; their port is 0. `done` comes once, unless the loop ends before.
    public func resolve(_ host: String, done: @escaping (Result<[SocketAddress], ResolveFailure>) -> Void) {
        let handle = unsafe handle
        resolver.resolve(host, at: now) { number, host in
            unsafe pb_resolve(handle, number, host, 0) == 0
        } done: { answer in
            done(answer)
        }
    }
}
