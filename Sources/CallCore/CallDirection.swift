/// Who rang whom.
public enum CallDirection: String, Hashable, Sendable {
    case inbound
    case outbound
}
