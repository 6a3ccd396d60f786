/// What a watcher of a call is told while it happens.
public enum PhoneNews: Hashable, Sendable {
    case request(String)
    case opened(afterMilliseconds: Int)
    case started(stream: String)
    case agentBegan
    case agentEnded
    case callerBegan
    case callerEnded
    case mark(String)
    case cleared(dropped: Duration, marks: Int)
    case key(Character)
    case warning(String)
    case failure(String)
    case instruction(String)
    case ended(String)
    /// Ten times a second.
    case levels(caller: Double, agent: Double, waiting: Duration)
}
