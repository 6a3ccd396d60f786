internal import CallCore
internal import PracticeKit
internal import Timeline

/// The far end of a connection.
protocol ConnectionPeer: AnyObject {
    func received(_ text: [UInt8])
    /// The bridge said goodbye. Whether it is answered is `answersClose`'s business.
    func bridgeClosed(code: UInt16)
    /// The connection is gone, as far as the peer can tell.
    func lost()
    /// How long the answer to a goodbye takes; nil never answers.
    var answersClose: Duration? { get }
}

/// One leg of a call as the bridge sees it, with a network in between. Messages keep their order; everything else about
/// them may go wrong.
final class Connection: CallSocket {
    private enum Stage {
        case open
        /// We said goodbye.
        case closing(code: UInt16)
        /// Its end is decided, and about to be told.
        case ending
        case over
    }

    private static let waitingLimit = 1 << 20
    private static let heartbeat = Duration.seconds(5)
    private static let silence = Duration.seconds(15)
    private static let closing = Duration.seconds(2)

    let call: Int
    let name: StaticString
    private let world: World
    private let weather: Weather
    private var dice: SeededRandom
    private var owner: (any CallSocketOwner)?
    private weak var peer: (any ConnectionPeer)?
    private var stage = Stage.open
    private var isDead = false
    private var stalledUntil: Instant?
    /// What the bridge sent and the network could not take yet.
    private var backlog: [[UInt8]] = []
    private var backlogBytes = 0
    private var isOwedDrain = false
    private var lastToPeer = Instant.zero
    private var lastToBridge = Instant.zero
    private var lastHeard: Instant
    /// Sees what the bridge sends, as it sends it.
    var tap: (Span<UInt8>) -> Void = { _ in }
    /// When the bridge closed or killed it, or learnt that it is over; the earliest of them.
    private(set) var bridgeLetGo: Instant?
    /// When the bridge was told that it is over.
    private(set) var toldEnd: Instant?
    /// Was ever anything stalled, or lost?
    private(set) var hadTrouble = false

    init(
        _ world: World, call: Int, name: StaticString, weather: Weather, owner: any CallSocketOwner,
        peer: any ConnectionPeer
    ) {
        self.world = world
        self.call = call
        self.name = name
        self.weather = weather
        self.owner = owner
        self.peer = peer
        dice = world.dice()
        lastHeard = world.now
    }

    var isOver: Bool { if case .over = stage { true } else { false } }
    private var isOpen: Bool { if case .open = stage { true } else { false } }

    func begin() {
        for trouble in weather.troubles { world.after(trouble.after) { [self] in strike(trouble.1) } }
        world.after(Self.heartbeat) { [self] in heartbeat() }
        owner?.socketOpened(self)
    }

    // MARK: what the bridge asks

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard isOpen else { return .closed }
        guard backlogBytes + text.count <= weather.room + Self.waitingLimit else { return .full }
        tap(text)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for index in text.indices { bytes.append(text[index]) }
        if isDead || stalledUntil != nil {
            backlogBytes += bytes.count
            backlog.append(bytes)
            guard backlogBytes > weather.room else { return .sent }
            isOwedDrain = true
            return .waiting
        }
        deliver(bytes)
        return .sent
    }

    func close(code: UInt16, reason: String) {
        guard isOpen else { return }
        world.note("bridge closes", call: call, number: Int(code), "\(name) \(code) \(reason)")
        letGo()
        stage = .closing(code: code)
        sayGoodbye(code)
        world.after(Self.closing) { [self] in end(.us, code: code, words: "") }
    }

    func kill() {
        switch stage {
        case .ending, .over: return
        case .open, .closing: break
        }
        world.note("bridge kills", call: call, "\(name)")
        letGo()
        toPeer { $0.lost() }
        end(.us, code: 1006, words: "")
    }

    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}

    private func letGo() { bridgeLetGo = bridgeLetGo ?? world.now }

    // MARK: the way there

    private func deliver(_ bytes: [UInt8]) { toPeer { $0.received(bytes) } }

    private func toPeer(_ tell: @escaping (any ConnectionPeer) -> Void) {
        guard !isDead else { return }
        let at = max(
            world.now.advanced(by: weather.delay(using: &dice)), lastToPeer.advanced(byNanoseconds: 1),
            stalledUntil ?? .zero)
        lastToPeer = at
        world.at(at) { [weak self] in
            guard let self, !isDead, let peer else { return }
            tell(peer)
        }
    }

    private func sayGoodbye(_ code: UInt16) {
        let wait = peer?.answersClose
        flush()
        toPeer { [weak self] peer in
            peer.bridgeClosed(code: code)
            guard let self, let wait else { return }
            world.after(wait) { [self] in
                toBridge { $0.end(.us, code: code, words: "") }
            }
        }
    }

    private func flush() {
        for bytes in backlog { deliver(bytes) }
        backlog = []
        backlogBytes = 0
    }

    // MARK: the way back

    /// - Parameter arrived: Called when the bridge takes it in, just before.
    func sendToBridge(_ text: [UInt8], arrived: @escaping () -> Void = {}) {
        toBridge { link in
            guard link.isOpen else { return }
            arrived()
            link.owner?.socket(link, received: text.span)
        }
    }

    func sendBinary() {
        toBridge { link in
            guard link.isOpen else { return }
            link.owner?.socketReceivedBinary(link)
        }
    }

    func peerCloses(_ code: UInt16, _ words: String = "") {
        toBridge { $0.end(.peer, code: code, words: words) }
    }

    func peerBreaksProtocol() {
        toBridge { $0.end(.violation, code: 1002, words: "a frame that is none") }
    }

    func peerResets() {
        toBridge { $0.end(.lost, code: 1006, words: "connection reset") }
    }

    /// From now on nothing comes through, either way.
    func goesDead() {
        isDead = true
        hadTrouble = true
    }

    private func toBridge(_ tell: @escaping (Connection) -> Void) {
        guard !isDead else { return }
        let at = max(
            world.now.advanced(by: weather.delay(using: &dice)), lastToBridge.advanced(byNanoseconds: 1),
            stalledUntil ?? .zero)
        lastToBridge = at
        world.at(at) { [self] in
            guard !isDead, !isOver else { return }
            lastHeard = world.now
            tell(self)
        }
    }

    // MARK: trouble

    private func strike(_ trouble: Weather.Trouble) {
        guard isOpen, !isDead else { return }
        hadTrouble = true
        switch trouble {
        case .stall(let duration):
            world.note("network stalls", call: call, number: Int(duration.wholeNanoseconds), "\(name) for \(duration)")
            let until = max(stalledUntil ?? .zero, world.now.advanced(by: duration))
            stalledUntil = until
            world.at(until) { [self] in recover(from: until) }
        case .halfOpen:
            world.note("network goes half-open", call: call, "\(name)")
            goesDead()
        case .reset:
            world.note("network resets", call: call, "\(name)")
            toPeer { $0.lost() }
            end(.lost, code: 1006, words: "connection reset")
        }
    }

    private func recover(from until: Instant) {
        guard stalledUntil == until, !isDead else { return }
        stalledUntil = nil
        flush()
        guard isOwedDrain, isOpen else { return }
        isOwedDrain = false
        owner?.socketDrained(self)
    }

    private func heartbeat() {
        guard !isOver else { return }
        // A peer that is there answers pings, unless it does not read them.
        if !isDead, stalledUntil == nil { lastHeard = max(lastHeard, world.now.advanced(by: .zero - weather.latency)) }
        if lastHeard.duration(to: world.now) >= Self.silence {
            end(.silence, code: 1006, words: "nothing was heard")
        } else {
            world.after(Self.heartbeat) { [self] in heartbeat() }
        }
    }

    // MARK: its end

    /// Tells the owner exactly once, and never from inside what the owner asked.
    private func end(_ cause: CallSocketEnd.Cause, code: UInt16, words: String) {
        var cause = cause
        switch stage {
        case .ending, .over: return
        case .closing: cause = .us
        case .open: break
        }
        stage = .ending
        if cause == .silence || cause == .violation || cause == .lost { toPeer { $0.lost() } }
        let wait = Duration.microseconds(dice.below(dice.happens(0.9) ? 2_000 : 200_000))
        world.after(wait) { [self] in
            stage = .over
            letGo()
            toldEnd = world.now
            backlog = []
            world.note("bridge is told", call: call, number: Int(code), "\(name) ended: \(cause) \(code) \(words)")
            let owner = self.owner
            self.owner = nil
            owner?.socketClosed(self, CallSocketEnd(cause, code: code, words: words))
        }
    }
}
