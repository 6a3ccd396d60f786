internal import CallCore
internal import JSONWire
internal import PracticeKit
internal import Telemetry
internal import Timeline

/// Whether the call went as it should: what the phone heard is held against what the agent said, and both against the
/// bridge's record.
struct DemoVerdict {
    struct Check {
        let name: String
        let isFine: Bool
        let text: String
    }

    /// Something that the agent said, and how much of its tone was heard.
    private struct Speech {
        let pitches: [Double]
        var said = Duration.zero
        var heard = Duration.zero
        /// Where the bridge told the agent that it was cut off, or keeps that it was.
        var cut: Duration?

        var isWhole: Bool { said > .zero && heard + DemoVerdict.edge >= said }
    }

    /// A tone's ends fade, and it is looked for in steps.
    private static let edge = Duration.milliseconds(40)
    private static let step = Duration.milliseconds(20)
    /// How far the place of the cut may be from what was heard: two steps, and one for where they begin.
    private static let precision = Duration.milliseconds(60)

    let checks: [Check]

    var isFine: Bool { checks.allSatisfy(\.isFine) }

    init(_ result: DemoResult, _ moments: [DemoMoment], upstream: PracticeProtocol) {
        let speeches = Self.speeches(moments, result, upstream)
        checks =
            [
                Self.record(result), Self.replies(speeches), Self.interruption(result, speeches, moments),
                Self.tool(result, moments, upstream), Self.farewell(speeches, result), Self.audio(result, moments),
            ] + Self.troubles(result)
    }

    private static func speeches(
        _ moments: [DemoMoment], _ result: DemoResult, _ upstream: PracticeProtocol
    ) -> [Speech] {
        var speeches: [(response: String, speech: Speech)] = []
        var cuts = result.events.filter { $0.kind == .interruption }.compactMap { event in
            ((try? event.data.optionalInteger("heard_ms")) ?? nil).map { Duration.milliseconds($0) }
        }[...]
        for case .agent(let report) in moments.map(\.news) {
            switch report {
            case .responseStarted(let response, _, let pitches):
                if !pitches.isEmpty { speeches.append((response, Speech(pitches: pitches))) }
            case .responseEnded(let response, _, _, let milliseconds):
                guard let place = speeches.lastIndex(where: { $0.response == response }) else { continue }
                speeches[place].speech.said = .milliseconds(milliseconds)
            case .truncated(_, let end, _):
                if let last = speeches.indices.last { speeches[last].speech.cut = .milliseconds(end) }
            case .interrupted(let response, _, _):
                // Nobody tells this upstream where it was cut off: what the bridge keeps of it is held against the ear.
                guard upstream == .elevenLabs, let place = speeches.lastIndex(where: { $0.response == response })
                else { continue }
                speeches[place].speech.cut = cuts.popFirst()
            default: continue
            }
        }
        return speeches.map { entry in
            var speech = entry.speech
            for pitch in speech.pitches {
                speech.heard += step * result.heard.presence(ofTone: pitch, step: step).count { $0 }
            }
            return speech
        }
    }

    // MARK: the checks

    private static func record(_ result: DemoResult) -> Check {
        guard let record = result.record else {
            return Check(name: "record", isFine: false, text: "the bridge has no record of the call")
        }
        let isFine = record.status == .completed && record.endReason == .agentHangup
        var text = "the call ended \(record.status.rawValue)"
        if let reason = record.endReason { text += ", \(reason.rawValue)" }
        if let duration = record.duration { text += ", after \(duration.shown)" }
        if record.status == .completed, !isFine { text += ", though the agent was to hang up" }
        if let failure = record.failure { text += ": \(failure.message)" }
        if !record.status.isFinal { text = "the record is not final: it says \(record.status.rawValue)" }
        return Check(name: "record", isFine: isFine, text: text)
    }

    /// All but the one that was cut off and the last.
    private static func replies(_ speeches: [Speech]) -> Check {
        let whole = speeches.dropLast().filter { $0.cut == nil }
        let torn = whole.filter { !$0.isWhole }
        if let first = torn.first {
            let text =
                first.said > .zero
                ? "of something the agent said for \(first.said.shown) only \(first.heard.shown) was heard"
                : "the agent never finished something that it began to say"
            return Check(name: "replies", isFine: false, text: text)
        }
        return Check(
            name: "replies", isFine: whole.count == 2,
            text: whole.count == 2
                ? "the greeting and the reply were heard whole"
                : "between its first word and its farewell the agent finished \(whole.count) sentences instead of 2")
    }

    private static func interruption(
        _ result: DemoResult, _ speeches: [Speech], _ moments: [DemoMoment]
    ) -> Check {
        func check(_ isFine: Bool, _ text: String) -> Check { Check(name: "interruption", isFine: isFine, text: text) }
        let cuts = speeches.filter { $0.cut != nil }
        guard let interruption = result.stream?.interruptions.first else {
            return check(false, "the caller never interrupted the agent")
        }
        guard interruption.clear != nil else { return check(false, "the bridge never cleared what was playing") }
        guard cuts.count == 1, let speech = cuts.first, let cut = speech.cut else {
            return check(false, "the agent was told \(cuts.count) times that it was cut off, instead of once")
        }
        guard interruption.audioAfterClear == .zero else {
            return check(false, "\(interruption.audioAfterClear.shown) of the old reply was heard after the clear")
        }
        let distance = cut > speech.heard ? cut - speech.heard : speech.heard - cut
        guard distance <= precision else {
            return check(false, "the agent was cut off at \(cut.shown), but \(speech.heard.shown) of it was heard")
        }
        let after = Self.clear(moments).map { "cleared after \(DemoTimes.shown($0)), " } ?? ""
        return check(true, "interrupted: \(after)cut at \(cut.shown), nothing heard after that")
    }

    private static func clear(_ moments: [DemoMoment]) -> Duration? {
        var times = DemoTimes()
        for moment in moments {
            times.take(moment)
            if let clear = times.clear { return clear }
        }
        return nil
    }

    /// How the agent hangs up: by a tool of the bridge's, or by one of the upstream's own, which nobody answers.
    private static func tool(
        _ result: DemoResult, _ moments: [DemoMoment], _ upstream: PracticeProtocol
    ) -> Check {
        if upstream == .elevenLabs {
            let isMade = moments.contains { moment in
                if case .agent(.toolCalled("end_call", _, _)) = moment.news { true } else { false }
            }
            return Check(
                name: "tool", isFine: isMade,
                text: isMade ? "the agent hung up with its own end_call" : "the agent's end_call was not made")
        }
        let isDone = result.events.contains { $0.kind == .functionCallCompleted }
        let isAnswered = moments.contains { moment in
            if case .agent(.toolAnswered) = moment.news { true } else { false }
        }
        return Check(
            name: "tool", isFine: isDone && isAnswered,
            text: isDone && isAnswered
                ? "the agent called end_call and had its answer" : "the agent's end_call was not made, or not answered")
    }

    private static func farewell(_ speeches: [Speech], _ result: DemoResult) -> Check {
        func check(_ isFine: Bool, _ text: String) -> Check { Check(name: "farewell", isFine: isFine, text: text) }
        guard speeches.count == 4, let last = speeches.last else {
            return check(false, "the agent did not come to its farewell")
        }
        guard last.isWhole else {
            return check(false, "of the farewell's \(last.said.shown) only \(last.heard.shown) was heard")
        }
        guard result.stream?.end?.by == .api else {
            return check(false, "the farewell was heard, but then the bridge did not hang up by REST")
        }
        return check(true, "the farewell was heard whole, then the bridge hung up")
    }

    private static func audio(_ result: DemoResult, _ moments: [DemoMoment]) -> Check {
        guard let stream = result.stream, stream.bytesPlayed > 0 else {
            return Check(name: "audio", isFine: false, text: "nothing of the agent was heard")
        }
        let quality = result.record?.quality
        var losses: [String] = []
        if let gap = stream.gaps.first {
            losses.append("gaps: \(stream.gaps.count), the first of \(gap.lasting.shown) at \(gap.at.shown)")
        }
        losses += stream.warnings.map { "warning \($0.code): \($0.first)" }
        if stream.bytesDiscarded > 0 { losses.append("\(stream.bytesDiscarded) bytes did not fit the phone's buffer") }
        if stream.framesLost > 0 { losses.append("\(stream.framesLost) of the caller's frames were lost") }
        if let lost = quality?.lostFrames, lost > 0 { losses.append("\(lost) frames never reached the agent") }
        if stream.marksReturned < stream.marksReceived {
            losses.append("the phone never came to \(stream.marksReceived - stream.marksReturned) of its marks")
        }
        if !losses.isEmpty, let pause = DemoTimes.phonePause(moments) {
            losses.append("the phone itself was held up for \(pause.shown), so this machine is too busy")
        }
        let heard = Duration.microseconds(125 * stream.bytesPlayed).shown
        let text = losses.isEmpty ? "\(heard) of the agent heard: no gap, nothing lost" : losses.joined(separator: "; ")
        return Check(name: "audio", isFine: losses.isEmpty, text: text)
    }

    /// Only where there are any.
    private static func troubles(_ result: DemoResult) -> [Check] {
        let failures = result.report.calls.flatMap(\.failures).map { "the phone: \($0.shown)" }
        let errors = result.errors.filter { $0.report.severity > .warning }.map { "the bridge: \($0.report.message)" }
        return (failures + errors).map { Check(name: "trouble", isFine: false, text: $0) }
    }
}
