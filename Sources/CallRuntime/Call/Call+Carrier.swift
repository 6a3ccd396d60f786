internal import CallCore
internal import CarrierWire
internal import JSONWire
internal import MediaCodecs
internal import MediaCore
internal import Telemetry
internal import Timeline
internal import UpstreamWire
internal import Wording

// What the carrier says, all but audio.
extension Call {
    /// Our own parameters of a stream; all others are the agent's variables.
    private enum Parameter {
        static let token = "token"
        static let agent = "agent"
        static let upstream = "upstream"
        /// The call was up before, on a stream that was lost with its node.
        static let resumes = "resumes"
        static let all: Set = [token, agent, upstream, resumes]
    }

    func heard(_ message: CarrierMessage) {
        switch message {
        case .connected: break
        case .start(let start): started(start)
        case .media: break  // Goes another way.
        case .digit(let digit):
            guard isOurs(digit.origin) else { return foreign() }
            note(.dtmf(count: 1), by: "carrier")
            if let keys = digits.press(digit.digit, at: line.loop.now) {
                tellDigits(keys)
            } else if line.isUpstreamOpen {
                take(line.perform(.callerIsBusy))
            }
        case .mark(let name, let origin):
            guard isOurs(origin) else { return foreign() }
            line.take(mark: name)
        case .stop(let origin):
            guard isOurs(origin) else { return foreign() }
            carryOut(machine.carrierEnded(.seen(.stop), at: line.loop.now))
        case .trouble(let trouble, _):
            let code = trouble.code.map { " (\($0))" } ?? ""
            misspoke("carrier.trouble", "The carrier complains\(code): \(trouble.text)")
        case .unknown(let event, _):
            misspoke("carrier.unknown_message", "A message '\(event)' of the carrier is not known.")
        }
        rearm()
    }

    /// A message that names no stream is of the one that it came on; one before `start` is of none.
    private func isOurs(_ origin: CarrierOrigin) -> Bool {
        guard let stream else { return false }
        return origin.stream.map { $0 == stream } ?? true
    }

    func foreign() {
        misspoke("carrier.foreign_message", "A message is of another stream, or came before the stream began.")
    }

    /// Counted, told once a call and leg, and dropped: the call goes on.
    func misspoke(_ code: String, _ message: String, by leg: CallHappening.Leg = .carrier) {
        guard malformed.count(leg) == 1 else { return }
        note(.messageMalformed(leg, code: code, message: message), by: leg.rawValue)
        logger.warning(
            "call.malformed",
            "The \(leg.rawValue) sent something that could not be used; it was dropped and the call goes on.",
            ["leg": .string(leg.rawValue), "code": .string(code), "detail": .string(message)])
    }

    // MARK: start

    private func started(_ start: CarrierStart) {
        let now = line.loop.now
        if let stream {
            guard start.stream != stream || start.call != record?.providerCallID else { return }
            return carryOut(
                machine.startRefused(.protocolError, saying: "a second start with another id", at: now))
        }
        guard machine.awaitsStart else { return }  // Who was refused does not get another try on the same socket.
        do throws(StartRefusal) {
            try admit(start, at: now)
        } catch {
            services.metrics.registry.counter(.rejected, error.code).increment()
            logger.warning(
                "call.refused", "A stream was refused. \(error.message)",
                ["provider_call_id": .peer(PeerText(start.call)), "code": .string(error.code)])
            carryOut(machine.startRefused(.rejected, saying: error.closeReason, at: now))
        }
    }

    /// - Throws: When the stream must not come in. No record is touched then: it may be somebody else's.
    private func admit(_ start: CarrierStart, at now: Instant) throws(StartRefusal) {
        let named = start.parameters[Parameter.agent]
        let expected = desk.expected(start.call, at: now)
        if let token = start.parameters[Parameter.token] {
            do throws(StreamToken.Refusal) {
                try services.tokens.admit(token, call: start.call, agent: named ?? "", now: services.utc())
            } catch {
                throw .token(error)
            }
        } else {
            guard isTrusted, expected == nil, !services.tokens.isRequired else { throw .tokenMissing }
        }
        guard let voice = voice(of: start) else { throw .format }
        guard let agent = agent(of: start, named: named, expected: expected?.agent) else { throw .noAgent }
        let early = desk.ticket(start.call)
        let packets = try packets(for: voice)
        // Last, so that whoever is refused stays among those that have not started.
        guard desk.begin(self, start.call, with: agent.id) else { throw .twice }
        settle()
        ticket = early
        begin(start, with: agent, isOwn: start.parameters[Parameter.token] != nil, at: now)
        line.start(stream: start.stream, as: voice, packets: packets)
        carryOut(machine.started(at: now))
    }

    /// The agent that a webhook chose is the one that was there then, whatever has become of it since.
    private func agent(of start: CarrierStart, named: String?, expected: Agent?) -> Agent? {
        guard let named else { return services.directory.answer(to: start.to ?? "", call: start.call).agent }
        if let expected, expected.id == named { return expected }
        return services.directory.agent(named)
    }

    /// What is heard is as the stream says. What is to be said it does not say everywhere.
    private func voice(of start: CarrierStart) -> CarrierVoice? {
        guard let heard = line.dialect.codec(start.format) else { return nil }
        let spoken = line.dialect == .telnyx ? services.telnyx.spoken : nil
        return CarrierVoice(heard: heard, spoken: spoken ?? heard)
    }

    private func packets(for voice: CarrierVoice) throws(StartRefusal) -> PacketLine? {
        guard voice.heard.isPackets || voice.spoken.isPackets else { return nil }
        do throws(MediaCodecError) {
            return try PacketLine(
                voice, framing: services.telnyx.framing, desk: line.codecs,
                source: UInt32(truncatingIfNeeded: generator.next()))
        } catch {
            throw .codec(error)
        }
    }

    private func begin(_ start: CarrierStart, with agent: Agent, isOwn: Bool, at now: Instant) {
        let wanted = start.parameters[Parameter.upstream].flatMap { UpstreamVendor(rawValue: $0) }
        var agent = wanted.map { services.directory.agent(agent, on: $0) } ?? agent
        agent.variables = agent.variables.adding(start.parameters.filter { !Parameter.all.contains($0.key) })
        self.agent = agent
        standIn = standIn(for: agent, start)
        stream = start.stream
        answered = now
        book = ConversationBook(answered: now)
        // Who brings no token of ours was told nothing by us.
        let isResumed = isOwn && start.parameters[Parameter.resumes] != nil
        if isResumed { past = .unread }
        vendor = services.directory.upstream(of: agent)
        let time = services.utc()
        let fresh = CallRecord(
            id: services.ids.next(at: time, using: &generator), provider: line.dialect.name,
            providerCallID: start.call, direction: .inbound, status: .inProgress,
            from: start.from.flatMap { PhoneNumber($0) },
            to: start.to.flatMap { PhoneNumber($0) }, createdAt: time)
        record = fresh
        logger = logger.with(["call": .string(fresh.id.description), "provider_call_id": .string(start.call)])
        unopened = fresh
        change(.advance(to: .inProgress)) {
            $0.streamID = start.stream
            $0.agent = agent.id
            $0.upstream = vendor
            $0.node = services.node
            $0.variables = agent.variables
        }
        note(isResumed ? .callResumed(stream: start.stream) : .callAnswered)
        note(.streamStarted(stream: start.stream), by: "carrier")
        logger.info(
            "call.started", "A caller is on the line.",
            ["agent": .string(agent.id), "upstream": .string(vendor?.rawValue ?? "none")])
        if let vendor {
            services.metrics.active(vendor).add(1)
            services.gates.callStarted(vendor)
        }
        machine.rules.ownsCall = isOwn
        machine.rules.canOrder = control != nil
        if let longest = agent.limits.maxCall, longest > .zero {
            machine.rules.longest = machine.rules.longest == .zero ? longest : min(longest, machine.rules.longest)
        }
        machine.rules.hasStandIn = standIn != nil
        machine.apology = agent.apology
    }

    /// Nil where nobody stands in, or whoever does has no upstream here.
    private func standIn(for agent: Agent, _ start: CarrierStart) -> Agent? {
        guard var other = services.directory.fallback(for: agent), let vendor = services.directory.upstream(of: other),
            services.providers[vendor] != nil
        else { return nil }
        other.variables = other.variables.adding(start.parameters.filter { !Parameter.all.contains($0.key) })
        return other
    }

    // MARK: keys

    /// Keys that were pressed before there was anybody to tell are told first.
    func tellDigits(_ keys: String) {
        guard line.isUpstreamOpen else {
            untoldKeys = String((untoldKeys + keys).suffix(DigitCollector.limit))
            return
        }
        take(line.perform(.digits(keys)))
    }

    func tellKeptDigits() {
        guard !untoldKeys.isEmpty else { return }
        let keys = untoldKeys
        untoldKeys = ""
        tellDigits(keys)
    }
}

/// Why a stream does not get in.
enum StartRefusal: Error {
    case token(StreamToken.Refusal)
    case tokenMissing
    case format
    case codec(MediaCodecError)
    case twice
    case noAgent

    var code: String {
        switch self {
        case .token(let refusal): refusal.code
        case .tokenMissing: "token.missing"
        case .format: "stream.format"
        case .codec(let error): error.code
        case .twice: "stream.twice"
        case .noAgent: "stream.no_agent"
        }
    }

    var message: String {
        switch self {
        case .token(let refusal): refusal.message
        case .tokenMissing: "It presents no token. Streams of calls that we answered, and unsigned ones, need one."
        case .format:
            "Its audio is in a format that is not spoken here: Twilio sends PCMU, Telnyx may send PCMU, PCMA or OPUS."
        case .codec(let error): error.message
        case .twice: "There is a stream for this call already."
        case .noAgent: "It names an agent that does not exist. Check the parameter 'agent'."
        }
    }

    /// What the peer is told.
    var closeReason: String {
        switch self {
        case .token, .tokenMissing: "wrong token"
        case .format: "unknown media format"
        case .codec: "no room for a codec"
        case .twice: "the call has a stream already"
        case .noAgent: "unknown agent"
        }
    }
}

extension JSONObject {
    /// Those of the stream win over the agent's own.
    fileprivate func adding(_ texts: [String: String]) -> JSONObject {
        JSONObject(
            members.filter { texts[$0.name] == nil }
                + texts.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) })
    }
}
