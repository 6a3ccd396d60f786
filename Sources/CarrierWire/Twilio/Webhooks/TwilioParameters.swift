internal import CallCore
internal import Timeline
internal import Wording

/// Takes typed values out of a webhook's form. Twilio sends a parameter empty or not at all and means the same.
extension WebForm {
    func text(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The id of a call, a stream or an account.
    func identifier(_ name: String) throws(CarrierError) -> String {
        guard let identifier = try optionalIdentifier(name) else { throw .missingParameter(name) }
        return identifier
    }

    func optionalIdentifier(_ name: String) throws(CarrierError) -> String? {
        guard let text = text(name) else { return nil }
        guard CarrierIdentifier.isSane(text) else { throw .invalidParameter(name) }
        return text
    }

    func party(_ name: String) -> PhoneNumber? {
        text(name).map { PhoneNumber($0) }
    }

    /// A whole number that is not negative. What is none counts as missing: a report is worth more than its details.
    func number(_ name: String) -> Int64? {
        guard let text = text(name), text.utf8.count <= 18,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text)
    }

    func seconds(_ name: String) -> Duration? {
        number(name).map { .seconds($0) }
    }

    /// Twilio's word for where a call stands; nil for one that we do not know.
    func status(_ name: String) -> CallStatus? {
        text(name).flatMap { CallStatus(rawValue: $0) }
    }

    /// Nil as well for a time in another form.
    func time(_ name: String) -> UTCTime? {
        text(name).flatMap { UTCTime(rfc2822: $0) ?? UTCTime(rfc3339: $0) }
    }
}
