public import Addresses
public import Timeline
internal import Wording

/// Asks a STUN or TURN server for what a client would want of it, and gives it back: Binding, Allocate without and with
/// credentials, Refresh with no lifetime. Tells what came of it once.
///
/// A value without socket and clock. Its owner connects, carries bytes both ways, and closes after `finish`.
public struct TurnProbe: Sendable {
    public enum Action: Hashable, Sendable {
        case send([UInt8])
        case finish(TurnReading)
    }

    private enum Step {
        case binding
        /// Asked for a relay without credentials, to be told the realm.
        case challenge
        case allocating(Login, isAgain: Bool)
        case releasing(Login?, isAgain: Bool)
    }

    private struct Login {
        let username: String
        let realm: [UInt8]
        var nonce: [UInt8]
        let key: [UInt8]
    }

    private struct Request {
        let step: Step
        let transaction: STUNTransaction
        let bytes: [UInt8]
        let began: Instant
        var sends = 1
    }

    /// A datagram that gets no answer is sent again so long after it was first sent.
    private static let resends: [Duration] = [.milliseconds(250), .milliseconds(750), .milliseconds(1_750)]
    private static let slow = Duration.milliseconds(500)
    private static let lifetime: UInt32 = 600
    private static let udp: UInt32 = 17 << 24
    /// The nonce may turn stale before each of the two requests that carry it.
    public static let transactionsNeeded = 6
    /// Longer than any message that is waited for.
    private static let mostUnread = 8_192

    private let url: TurnURL
    private let login: TurnLogin?
    private var transactions: [STUNTransaction]
    private var request: Request?
    private var reading = TurnReading()
    private let ends: Deadline
    private var unread: [UInt8] = []
    private var isOver = false

    /// - Parameters:
    ///   - login: Needed by servers that give relays.
    ///   - transactions: `transactionsNeeded` of them, each used once.
    ///   - deadline: Comes, and what is known by then is told.
    public init(_ url: TurnURL, login: TurnLogin?, transactions: [STUNTransaction], by deadline: Deadline) {
        ends = deadline
        self.url = url
        self.login = login
        self.transactions = transactions
    }

    private var isDatagram: Bool { url.transport == .udp }

    // MARK: what happens

    public mutating func connected(at now: Instant) -> [Action] {
        guard !isOver, request == nil else { return [] }
        return ask(.binding, at: now)
    }

    /// The connection failed, or the server ended it.
    public mutating func failed(_ failure: TurnFailure, at now: Instant) -> [Action] {
        // With a stream goes its relay.
        if case .releasing = request?.step { return finish(isReleased: !isDatagram) }
        return finish(failing: failure)
    }

    /// A datagram, or a part of a stream.
    public mutating func received(_ bytes: [UInt8], at now: Instant) -> [Action] {
        guard !isOver else { return [] }
        guard !isDatagram else { return STUNMessage(bytes).map { took($0, at: now) } ?? [] }
        guard unread.count + bytes.count <= Self.mostUnread else {
            return finish(failing: .protocolViolation("it sends more than was asked for"))
        }
        unread += bytes
        var actions: [Action] = []
        while !isOver, unread.count >= 4 {
            guard let length = STUNMessage.length(of: unread) else {
                return actions + finish(failing: .protocolViolation("it sends something that is not STUN"))
            }
            guard unread.count >= length else { break }
            let message = STUNMessage(Array(unread.prefix(length)))
            unread.removeFirst(length)
            if let message { actions += took(message, at: now) }
        }
        return actions
    }

    /// When `deadlineReached` has to be called next.
    public var deadline: Deadline {
        guard !isOver, let request else { return .never }
        guard isDatagram, request.sends <= Self.resends.count else { return ends }
        return min(ends, .at(request.began.advanced(by: Self.resends[request.sends - 1])))
    }

    public mutating func deadlineReached(at now: Instant) -> [Action] {
        guard !isOver, let waiting = request, deadline.isReached(at: now) else { return [] }
        guard ends.isReached(at: now) else {
            request?.sends += 1
            return [.send(waiting.bytes)]
        }
        switch waiting.step {
        case .binding: return finish(failing: .unreachable(PeerText("no answer")))
        case .challenge: return finish(failing: .notTurn)
        case .allocating(let login, _):
            // It may have done it, and the answer was lost.
            let release = message(.refresh, login, at: now).map { [Action.send($0.bytes)] } ?? []
            return release + finish(failing: .unreachable(PeerText("it stopped answering")))
        case .releasing: return finish(isReleased: false)
        }
    }

    // MARK: asking

    private mutating func ask(_ step: Step, at now: Instant) -> [Action] {
        let made: (transaction: STUNTransaction, bytes: [UInt8])?
        switch step {
        case .binding: made = message(.binding, nil, at: now)
        case .challenge: made = message(.allocate, nil, at: now)
        case .allocating(let login, _): made = message(.allocate, login, at: now)
        case .releasing(let login, _): made = message(.refresh, login, at: now)
        }
        guard let made else { return finish(failing: .protocolViolation("it asks for one try after another")) }
        request = Request(step: step, transaction: made.transaction, bytes: made.bytes, began: now)
        return [.send(made.bytes)]
    }

    private mutating func message(
        _ method: STUNMethod, _ login: Login?, at now: Instant
    ) -> (transaction: STUNTransaction, bytes: [UInt8])? {
        guard !transactions.isEmpty else { return nil }
        let transaction = transactions.removeFirst()
        var writer = STUNWriter(method, transaction)
        if method == .allocate { writer.add(.requestedTransport, number: Self.udp) }
        if method == .allocate, login != nil { writer.add(.lifetime, number: Self.lifetime) }
        if method == .refresh { writer.add(.lifetime, number: 0) }
        if let login {
            writer.add(.username, Array(login.username.utf8))
            writer.add(.realm, login.realm)
            writer.add(.nonce, login.nonce)
            writer.sign(key: login.key)
        }
        return (transaction, writer.finish())
    }

    // MARK: being answered

    private mutating func took(_ message: STUNMessage, at now: Instant) -> [Action] {
        // Late answers to what was sent twice, and whatever was not asked for.
        guard let request, message.transaction == request.transaction else { return [] }
        let time = request.began.duration(to: now)
        if request.sends > 1 { reading.warnings.append(.lossy(request.sends)) }
        switch (request.step, message.kind.kind) {
        case (_, .request), (_, .indication): return []
        case (.binding, _): return bound(message, in: time, at: now)
        case (.challenge, .success):
            reading.failure = .openRelay
            return ask(.releasing(nil, isAgain: false), at: now)
        case (.challenge, .failure): return challenged(message, at: now)
        case (.allocating(let login, _), .success): return allocated(message, login, in: time, at: now)
        case (.allocating(let login, let isAgain), .failure):
            if let fresh = renewed(login, message), !isAgain {
                return ask(.allocating(fresh, isAgain: true), at: now)
            }
            return finish(failing: failure(of: message))
        case (.releasing, .success): return finish(isReleased: true)
        case (.releasing(let login, let isAgain), .failure):
            if let login, let fresh = renewed(login, message), !isAgain {
                return ask(.releasing(fresh, isAgain: true), at: now)
            }
            return finish(isReleased: message.error?.code == 437)  // There is none.
        }
    }

    private mutating func bound(_ message: STUNMessage, in time: Duration, at now: Instant) -> [Action] {
        reading.roundTrip = time
        reading.mapped = message.address(.xorMappedAddress) ?? message.address(.mappedAddress)
        guard url.isRelay else {
            let isUseful = message.kind.kind == .success && reading.mapped != nil
            return isUseful ? finish(isReleased: true) : finish(failing: failure(of: message))
        }
        // Some relay, and answer no questions about addresses.
        return ask(.challenge, at: now)
    }

    private mutating func challenged(_ message: STUNMessage, at now: Instant) -> [Action] {
        guard message.error?.code == 401, let login else { return finish(failing: failure(of: message)) }
        guard let realm = message.value(.realm), let nonce = message.value(.nonce) else {
            return finish(failing: .protocolViolation("it wants credentials and names no realm or no nonce"))
        }
        let key = login.key(realm: realm)
        let signed = Login(username: login.username, realm: realm, nonce: nonce, key: key)
        return ask(.allocating(signed, isAgain: false), at: now)
    }

    private mutating func allocated(
        _ message: STUNMessage, _ login: Login, in time: Duration, at now: Instant
    ) -> [Action] {
        reading.allocation = time
        reading.relayed = message.address(.xorRelayedAddress)
        if time > Self.slow { reading.warnings.append(.slow(time)) }
        if !message.isSigned(key: login.key) {
            reading.failure = .protocolViolation(
                "its answer is not signed with the password, or was changed on the way")
        } else if reading.relayed.map({ $0.port == 0 || $0.address.isUnspecified }) ?? true {
            reading.failure = .noRelay
        }
        return ask(.releasing(login, isAgain: false), at: now)
    }

    /// With the nonce that it wants now; nil if that is not what it is about.
    private func renewed(_ login: Login, _ message: STUNMessage) -> Login? {
        guard message.error?.code == 438, let nonce = message.value(.nonce) else { return nil }
        var login = login
        login.nonce = nonce
        return login
    }

    private func failure(of message: STUNMessage) -> TurnFailure {
        guard let error = message.error else { return .protocolViolation("it refuses without saying why") }
        return TurnFailure(error, alternate: message.address(.alternateServer))
    }

    // MARK: the end

    private mutating func finish(failing failure: TurnFailure) -> [Action] {
        if reading.failure == nil { reading.failure = failure }
        return finish()
    }

    private mutating func finish(isReleased: Bool) -> [Action] {
        if !isReleased { reading.warnings.append(.unreleased) }
        return finish()
    }

    private mutating func finish() -> [Action] {
        guard !isOver else { return [] }
        isOver = true
        request = nil
        return [.finish(reading)]
    }
}
