internal import Timeline
internal import Wording

extension RunReport {
    /// One document, for programs. Its keys are a promise; all times are milliseconds, a stream's from its start.
    public var json: String {
        var json = JSONWriter()
        json.object { json in
            json.key("ok")
            json.bool(isFine)
            json.key("seed")
            json.verbatim(String(seed))
            json.list("calls", calls) { $0.call($1) }
            json.key("total")
            json.object { writeTotal(to: &$0) }
        }
        return json.text
    }

    private func writeTotal(to json: inout JSONWriter) {
        json.count("calls", calls.count)
        json.count("ok", calls.filter(\.isFine).count)
        json.count("failed", calls.filter { !$0.isFine }.count)
        json.count("streams", streams.count)
        json.count("turns", total { $0.turns.count })
        json.count("interruptions", total { $0.interruptions.count })
        json.count("gaps", total { $0.gaps.count })
        json.count("warnings", total { $0.warnings.reduce(0) { $0 + $1.count } })
        json.count("frames_sent", total(\.framesSent))
        json.count("frames_lost", total(\.framesLost))
        json.count("media_received", total(\.mediaReceived))
        json.count("bytes_played", total(\.bytesPlayed))
        json.count("marks_received", total(\.marksReceived))
        json.count("marks_returned", total(\.marksReturned))
        json.spread("connect_ms", connecting)
        json.spread("response_ms", responses)
        json.spread("clear_ms", clears)
        json.time("audio_after_clear_ms", streams.flatMap(\.interruptions).map(\.audioAfterClear).reduce(.zero, +))
        json.time("duration_ms", duration)
    }
}

extension JSONWriter {
    fileprivate mutating func call(_ call: CallReport) {
        key("call")
        integer(call.number)
        member("call_sid", call.call)
        member("account_sid", call.account)
        key("ok")
        bool(call.isFine)
        member("status", call.status)
        time("duration_ms", call.duration)
        list("failures", call.failures) { json, failure in
            json.time("at_ms", failure.at)
            json.count("line", failure.step?.line)
            json.text("step", failure.step?.text)
            json.member("text", failure.text)
        }
        key("twiml")
        array { for instruction in call.instructions { $0.string(instruction) } }
        list("requests", call.requests) { json, request in
            json.member("kind", request.kind)
            json.member("url", request.url)
            json.count("status", request.status)
            json.time("ms", request.duration)
            json.text("problem", request.problem)
        }
        list("streams", call.streams) { $0.stream($1) }
    }

    private mutating func stream(_ stream: StreamReport) {
        member("stream_sid", stream.stream)
        time("connect_ms", stream.connecting)
        time("duration_ms", stream.duration)
        list("turns", stream.turns) { json, turn in
            json.time("caller_start_ms", turn.callerStart)
            json.time("caller_end_ms", turn.callerEnd)
            json.time("agent_start_ms", turn.agentStart)
            json.time("response_ms", turn.response)
        }
        list("interruptions", stream.interruptions) { json, interruption in
            json.time("at_ms", interruption.at)
            json.time("clear_ms", interruption.clear)
            json.time("audio_after_clear_ms", interruption.audioAfterClear)
            json.time("dropped_ms", interruption.dropped)
        }
        list("agent", stream.utterances) { json, utterance in
            json.time("start_ms", utterance.start)
            json.time("end_ms", utterance.end)
            json.measure("pitch_hz", utterance.pitch)
            json.measure("level_db", utterance.level)
        }
        list("gaps", stream.gaps) { json, gap in
            json.time("at_ms", gap.at)
            json.time("ms", gap.lasting)
        }
        counts(of: stream)
        list("warnings", stream.warnings) { json, warning in
            json.count("code", warning.code)
            json.count("count", warning.count)
            json.member("first", warning.first)
        }
        key("ended")
        object { json in
            json.text("by", stream.end?.by.rawValue)
            json.count("code", stream.end.map { Int($0.code) })
            json.text("reason", stream.end?.reason)
        }
    }

    private mutating func counts(of stream: StreamReport) {
        count("frames_sent", stream.framesSent)
        count("frames_lost", stream.framesLost)
        count("media_received", stream.mediaReceived)
        count("bytes_received", stream.bytesReceived)
        count("bytes_played", stream.bytesPlayed)
        count("bytes_discarded", stream.bytesDiscarded)
        count("marks_received", stream.marksReceived)
        count("marks_returned", stream.marksReturned)
        count("marks_cleared", stream.marksCleared)
        count("clears", stream.clears)
        member("keys", stream.keys)
    }

    fileprivate mutating func list<Element>(
        _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array { json in
            for element in elements { json.object { body(&$0, element) } }
        }
    }

    fileprivate mutating func count(_ name: String, _ value: Int?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    fileprivate mutating func text(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    fileprivate mutating func measure(_ name: String, _ value: Double?) {
        key(name)
        if let value { number((value * 100).rounded() / 100) } else { null() }
    }

    fileprivate mutating func time(_ name: String, _ value: Duration?) {
        key(name)
        if let value { number((value.inSeconds * 1e5).rounded() / 100) } else { null() }
    }

    fileprivate mutating func spread(_ name: String, _ spread: RunReport.Spread?) {
        key(name)
        guard let spread else { return null() }
        object { json in
            json.count("count", spread.count)
            json.time("min", spread.least)
            json.time("median", spread.median)
            json.time("p95", spread.p95)
            json.time("max", spread.most)
        }
    }
}
