internal import CallCore
internal import HTTPLoop
internal import HTTPWire
internal import JSONWire
internal import PracticeKit
internal import Timeline

/// A call that somebody orders by the API, under one key, until there is an answer or his patience is over: on whichever
/// node, twice at once at times, and again when the answer is lost.
final class OutboundOrder {
    private static let patience = Duration.seconds(10)

    /// Whom it calls, which nobody else does.
    let number: String
    let begins: Duration
    private unowned let nodes: NodesSimulation
    private let call: CarrierCall
    private let key: String
    private let tries: Int
    private let isImpatient: Bool
    private var dice: SeededRandom
    private var isAnswered = false
    /// What the answers named.
    private(set) var record: String?

    /// - Parameter call: What the carrier makes of it.
    init(_ nodes: NodesSimulation, call: CarrierCall, dice: SeededRandom) {
        var dice = dice
        self.nodes = nodes
        self.call = call
        number = "+1888\(5_000_000 + call.number)"
        key = "order-\(call.number)"
        tries = 1 + dice.below(6)
        isImpatient = dice.happens(0.2)
        begins = .milliseconds(2_000 + dice.below(Int(nodes.shape.length.inSeconds * 700)))
        self.dice = dice
    }

    func begin() {
        place(again: tries)
        if isImpatient { nodes.world.after(.milliseconds(dice.below(500))) { [self] in place(again: 1) } }
    }

    private func place(again tries: Int) {
        guard !isAnswered, tries > 0 else { return }
        let again = { [self] in
            nodes.world.after(.milliseconds(200 + dice.below(5_000))) { [self] in place(again: tries - 1) }
        }
        guard let node = nodes.balancer.pick() else { return again() }
        nodes.world.note("call is ordered", call: call.number, "\(key) on \(node.process.name)")
        var isTold = false
        func tell(_ answer: HTTPResponse?) {
            guard !isTold else { return }
            isTold = true
            if !read(answer) { again() }
        }
        let body = "{\"to\":\"\(number)\",\"from\":\"+15550009999\",\"agent\":\"\(call.streams[0].agentID)\"}"
        nodes.world.after(.milliseconds(1 + dice.below(100))) { [self] in
            node.order(body, key: key) { [self] answer in
                nodes.world.after(.milliseconds(1 + dice.below(100))) { tell(answer) }
            }
        }
        nodes.world.after(Self.patience) { tell(nil) }
    }

    /// Whether it settles the order.
    private func read(_ answer: HTTPResponse?) -> Bool {
        guard let answer else { return false }
        nodes.world.note("order is answered", call: call.number, number: answer.status)
        switch answer.status {
        case 201:
            isAnswered = true
            let json = try? JSONObject(parsing: answer.body.span)
            let id = json.flatMap { try? $0.string("id") }
            if id == nil || record.map({ $0 != id }) ?? false {
                nodes.world.violated(
                    "one key is one call", call: call.number, "\(id ?? "none"), and before \(record ?? "-")")
            }
            record = id
            return true
        case 409, 429, 500..<600: return false
        default:
            nodes.world.violated(
                "what is ordered rightly is taken", call: call.number,
                "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
            return true
        }
    }

    // MARK: at the carrier

    /// Its name there, once it has been dialled.
    private(set) var dialled: Instant?

    /// The carrier is told to dial it.
    func dial(asking voice: String, reporting status: String) -> CarrierCall {
        if dialled != nil {
            nodes.world.violated("one key is dialled once", call: call.number, "the carrier calls \(number) again")
            return call
        }
        dialled = nodes.world.now
        call.dial(asking: voice, reporting: status)
        return call
    }

    func isOf(_ call: CarrierCall) -> Bool { self.call === call }
}
