internal import CallCore
internal import HTTPWire
internal import PracticeKit
internal import Timeline

/// The far end of a connection.
protocol ConnectionPeer: AnyObject {
    func received(_ text: [UInt8])
    /// The bridge takes in a message that was sent with this tag, in this moment.
    func arrived(_ tag: Int)
    /// The bridge said goodbye. Whether it is answered is `answersClose`'s business.
    func bridgeClosed(code: UInt16)
    /// The connection is gone, as far as the peer can tell.
    func lost()
    /// How long the answer to a goodbye takes; nil never answers.
    var answersClose: Duration? { get }
}

/// One leg of a call as the bridge sees it, with a network in between. Messages keep their order; everything else about
/// them may go wrong. Its call keeps it, and its peer, to the end of the world.
final class Connection: CallSocket {
    private enum Stage {
        case open
        /// We said goodbye.
        case closing(code: UInt16)
        /// Its end is decided, and about to be told.
        case ending
        case over
    }

    static let waitingLimit = 1 << 20
    private static let heartbeat = Duration.seconds(5)
    private static let silence = Duration.seconds(15)
    private static let closing = Duration.seconds(2)

    let call: Int
    let name: StaticString
    private let world: World
    let weather: Weather
    private var dice: SeededRandom
    private var owner: (any CallSocketOwner)?
    /// Whose socket it is, where a world has several processes; while that is stopped it takes in nothing.
    private let process: WorldProcess?
    /// Whose it is, where that may hang: it takes in nothing then either.
    private let stuck: StuckCall?
    private unowned let peer: any ConnectionPeer
    private var stage = Stage.open
    private var isDead = false
    private var stalledUntil: Instant?
    private var there: Lane!
    private var back: Lane!
    /// Where bytes are looked at, and not messages alone.
    private let splitters: (there: Splitter, back: Splitter)?
    /// What the bridge sent and the network could not take yet.
    private var backlog: [[UInt8]] = []
    private(set) var backlogBytes = 0
    private var isOwedDrain = false
    private var lastHeard: Instant
    /// Sees what the bridge sends, as it sends it. False: nobody has to get it.
    var tap: (Span<UInt8>) -> Bool = { _ in true }
    /// When the bridge closed or killed it, or learnt that it is over; the earliest of them.
    private(set) var bridgeLetGo: Instant?
    /// When the bridge was told that it is over.
    private(set) var toldEnd: Instant?
    /// When it went half-open.
    private(set) var wentDead: Instant?
    /// Was ever anything stalled, or lost?
    private(set) var hadTrouble = false

    /// - Parameter role: The bridge's.
    init(
        _ world: World, call: Int, name: StaticString, role: WebSocketRole, weather: Weather,
        owner: any CallSocketOwner, peer: any ConnectionPeer, process: WorldProcess? = nil,
        stuck: StuckCall? = nil
    ) {
        self.world = world
        self.call = call
        self.name = name
        self.weather = weather
        self.owner = owner
        self.peer = peer
        self.process = process
        self.stuck = stuck
        dice = world.dice()
        lastHeard = world.now
        splitters =
            weather.splits
            ? (
                Splitter(for: role == .server ? .client : .server, dice: world.dice()),
                Splitter(for: role, dice: world.dice())
            ) : nil
        there = Lane(world, weather: weather) { [unowned self] in takeThere($0) }
        back = Lane(world, weather: weather) { [unowned self] parcel in
            if let stuck {
                stuck.meet { self.takeBack(parcel) }
            } else if let process {
                process.meet { self.takeBack(parcel) }
            } else {
                takeBack(parcel)
            }
        }
        process?.opened(self)
    }

    /// On the bridge's side.
    private func after(_ wait: Duration, _ action: @escaping () -> Void) { at(world.now.advanced(by: wait), action) }

    private func at(_ instant: Instant, _ action: @escaping () -> Void) {
        world.at(instant, in: process, past: stuck, action)
    }

    var isOver: Bool { if case .over = stage { true } else { false } }
    var isOpen: Bool { if case .open = stage { true } else { false } }

    func begin() {
        for trouble in weather.troubles { world.after(trouble.after) { [self] in strike(trouble.1) } }
        after(Self.heartbeat) { [self] in heartbeat() }
        owner?.socketOpened(self)
    }

    // MARK: what the bridge asks

    func send(text: Span<UInt8>) -> CallSocketSent {
        guard isOpen else { return .closed }
        guard backlogBytes + text.count <= weather.room + Self.waitingLimit else { return .full }
        let isWanted = tap(text)
        if isDead || stalledUntil != nil {
            backlogBytes += text.count
            backlog.append([UInt8](text))
            guard backlogBytes > weather.room else { return .sent }
            isOwedDrain = true
            return .waiting
        }
        if isWanted { deliver([UInt8](text)) }
        return .sent
    }

    func close(code: UInt16, reason: String) {
        guard isOpen else { return }
        world.note("bridge closes", call: call, number: Int(code), "\(name) \(code) \(reason)")
        letGo()
        stage = .closing(code: code)
        sayGoodbye(code)
        after(Self.closing) { [self] in end(.us, code: code, words: "") }
    }

    func kill() {
        switch stage {
        case .ending, .over: return
        case .open, .closing: break
        }
        world.note("bridge kills", call: call, "\(name)")
        letGo()
        toPeer(.event { $0.peer.lost() })
        end(.us, code: 1006, words: "")
    }

    func feeds(_ other: any CallSocket, through objects: [AnyObject]) {}

    private func letGo() { bridgeLetGo = bridgeLetGo ?? world.now }

    // MARK: the way there

    private func deliver(_ bytes: [UInt8]) {
        guard let splitters else { return toPeer(.text(bytes, tag: 0)) }
        for piece in splitters.there.split(bytes) { toPeer(.bytes(piece, tag: 0)) }
    }

    private func toPeer(_ parcel: Lane.Parcel) {
        if !isDead { there.send(parcel, notBefore: stalledUntil) }
    }

    private func takeThere(_ parcel: Lane.Parcel) {
        guard !isDead else { return }
        switch parcel {
        case .text(let text, _): peer.received(text)
        case .bytes(let piece, _):
            for text in read(piece, with: splitters?.there) { peer.received(text) }
        case .event(let event): event(self)
        }
    }

    private func read(_ piece: [UInt8], with splitter: Splitter?) -> [[UInt8]] {
        do throws(WebSocketViolation) {
            return try splitter?.read(piece) ?? []
        } catch {
            world.violated("what is framed can be read", call: call, "\(name): \(error.message)")
            return []
        }
    }

    private func sayGoodbye(_ code: UInt16) {
        let wait = peer.answersClose
        flush()
        toPeer(
            .event { link in
                link.peer.bridgeClosed(code: code)
                guard let wait else { return }
                link.world.after(wait) { link.toBridge(.event { $0.end(.us, code: code, words: "") }) }
            })
    }

    private func flush() {
        for bytes in backlog { deliver(bytes) }
        backlog = []
        backlogBytes = 0
    }

    // MARK: the way back

    /// - Parameter tag: Told to the peer when the bridge takes it in, just before.
    func sendToBridge(_ text: [UInt8], tag: Int = 0) {
        guard let splitters else { return toBridge(.text(text, tag: tag)) }
        let pieces = splitters.back.split(text)
        for (place, piece) in pieces.enumerated() {
            toBridge(.bytes(piece, tag: place == pieces.count - 1 ? tag : 0))
        }
    }

    func sendBinary() {
        toBridge(
            .event { link in
                guard link.isOpen else { return }
                link.owner?.socketReceivedBinary(link)
            })
    }

    func peerCloses(_ code: UInt16, _ words: String = "") {
        toBridge(.event { $0.end(.peer, code: code, words: words) })
    }

    func peerBreaksProtocol() {
        toBridge(.event { $0.end(.violation, code: 1002, words: "a frame that is none") })
    }

    func peerResets() {
        toBridge(.event { $0.end(.lost, code: 1006, words: "connection reset") })
    }

    /// From now on nothing comes through, either way.
    func goesDead() {
        wentDead = wentDead ?? world.now
        isDead = true
        hadTrouble = true
    }

    private func toBridge(_ parcel: Lane.Parcel) {
        if !isDead { back.send(parcel, notBefore: stalledUntil) }
    }

    private func takeBack(_ parcel: Lane.Parcel) {
        guard !isDead, !isOver else { return }
        lastHeard = world.now
        switch parcel {
        case .text(let text, let tag): hand(text, tag)
        case .bytes(let piece, let tag):
            for text in read(piece, with: splitters?.back) { hand(text, tag) }
        case .event(let event): event(self)
        }
    }

    private func hand(_ text: [UInt8], _ tag: Int) {
        guard isOpen else { return }
        if tag != 0 { peer.arrived(tag) }
        owner?.socket(self, received: text.span)
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
            at(until) { [self] in recover(from: until) }
        case .halfOpen:
            world.note("network goes half-open", call: call, "\(name)")
            goesDead()
        case .reset:
            world.note("network resets", call: call, "\(name)")
            toPeer(.event { $0.peer.lost() })
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
            after(Self.heartbeat) { [self] in heartbeat() }
        }
    }

    // MARK: what becomes of its process

    /// Whatever it does from now on, it does late. So does a call that hangs.
    func processStops() { hadTrouble = true }

    /// The system closes it.
    func processDies() {
        hadTrouble = true
        end(.lost, code: 1006, words: "its process died")
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
        if cause == .silence || cause == .violation || cause == .lost { toPeer(.event { $0.peer.lost() }) }
        let wait = Duration.microseconds(dice.below(dice.happens(0.9) ? 2_000 : 200_000))
        after(wait) { [self] in
            stage = .over
            letGo()
            toldEnd = world.now
            backlog = []
            backlogBytes = 0
            world.note("bridge is told", call: call, number: Int(code), "\(name) ended: \(cause) \(code) \(words)")
            let owner = self.owner
            self.owner = nil
            owner?.socketClosed(self, CallSocketEnd(cause, code: code, words: words))
        }
    }
}
