internal import Addresses
public import JSONWire
internal import Wording

/// Compares what the carrier does with a number's calls with what it should.
public struct NumberCheck: Hashable, Sendable {
    public var findings: [NumberFinding]
    /// Those that were mended since.
    public private(set) var fixed: [NumberFinding] = []

    /// - Parameters:
    ///   - routing: By the carrier's books; nil when the account has no such number.
    ///   - wanted: Nil where nobody knows how the carrier reaches us.
    public init(_ routing: NumberRouting?, wanted: NumberRouting.Wanted?) {
        findings = []
        guard let wanted else {
            findings.append(NumberFinding(.publicURL))
            if routing == nil { findings.append(NumberFinding(.notInAccount)) }
            return
        }
        if !wanted.voice.scheme.isSecure {
            findings.append(NumberFinding(.plainURL, found: wanted.voice.description))
        }
        if wanted.voice.scheme.isSecure, !wanted.stream.scheme.isSecure {
            findings.append(NumberFinding(.streamURL, found: wanted.stream.description))
        }
        guard let routing else {
            findings.append(NumberFinding(.notInAccount))
            return
        }
        if !routing.takesCalls { findings.append(NumberFinding(.takesNoCalls)) }
        if let trunk = routing.trunk {
            findings.append(NumberFinding(.trunk, found: trunk))
        } else if let application = routing.application {
            findings.append(NumberFinding(.application, found: application))
        }
        checkVoice(routing, wanted)
        checkStatus(routing, wanted)
        if routing.fallbackURL == nil {
            findings.append(NumberFinding(.fallbackURL, expected: wanted.fallback.description))
        }
    }

    private mutating func checkVoice(_ routing: NumberRouting, _ wanted: NumberRouting.Wanted) {
        let expected = wanted.voice.description
        guard let url = routing.voiceURL, Self.isSame(url, expected) else {
            findings.append(NumberFinding(.voiceURL, expected: expected, found: routing.voiceURL))
            return
        }
        guard let method = routing.voiceMethod, method != "POST" else { return }
        findings.append(NumberFinding(.voiceMethod, expected: expected, found: method))
    }

    private mutating func checkStatus(_ routing: NumberRouting, _ wanted: NumberRouting.Wanted) {
        let expected = wanted.statusCallback.description
        guard let url = routing.statusCallback, Self.isSame(url, expected) else {
            findings.append(NumberFinding(.statusCallback, expected: expected, found: routing.statusCallback))
            return
        }
        if let method = routing.statusCallbackMethod, method != "POST" {
            findings.append(NumberFinding(.statusCallbackMethod, expected: expected, found: method))
        } else if !url.contains("#") {
            findings.append(NumberFinding(.statusCallbackRetries, expected: expected, found: url))
        }
    }

    /// What stands behind a `#` is how hard the carrier tries: an operator may have tuned it.
    private static func isSame(_ url: String, _ other: String) -> Bool {
        func address(_ url: String) -> Substring { url.prefix { $0 != "#" } }
        return address(url) == address(other)
    }

    /// The same after the addresses were set, given how they are now.
    public mutating func wasFixed(by now: NumberCheck) {
        fixed = findings.filter { !now.findings.contains($0) }
    }

    public var needsFix: Bool { findings.contains(where: \.isFixable) }

    /// Calls come in.
    public var isOK: Bool { !findings.contains { $0.isCritical && !fixed.contains($0) } }

    public func json(of number: NumberEntry, at routing: NumberRouting?) -> JSONObject {
        .building { json in
            json.add("number", .string(number.number.unmasked))
            json.addOrNull("agent", number.agent.map { .string($0) })
            json.add("ok", .bool(isOK))
            json.add("findings", .array(findings.map { .object($0.json(isFixed: fixed.contains($0))) }))
            json.addOrNull("carrier", routing.map { .object($0.json) })
        }
    }
}

extension NumberRouting {
    fileprivate var json: JSONObject {
        .building { json in
            json.add("id", .string(id))
            for (name, value) in [
                ("voice_url", voiceURL), ("voice_method", voiceMethod), ("voice_fallback_url", fallbackURL),
                ("status_callback", statusCallback), ("status_callback_method", statusCallbackMethod),
                ("application", application), ("trunk", trunk),
            ] {
                json.addOrNull(name, value.map { .string($0) })
            }
        }
    }
}
