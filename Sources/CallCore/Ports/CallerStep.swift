public import Wording

/// Something that the carrier does with a caller once the bridge is not there any more. After the last one the call
/// ends.
public enum CallerStep: Hashable, Sendable {
    case say(String, language: String? = nil)
    case transfer(to: PhoneNumber, callerID: PhoneNumber? = nil)
    case hangUp

    public var isTransfer: Bool {
        if case .transfer = self { true } else { false }
    }
}
