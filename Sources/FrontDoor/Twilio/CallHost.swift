public import Addresses
public import CallCore
public import CarrierWire
public import HTTPLoop
public import JSONWire
public import SocketLoop
public import Timeline
public import Wording

// What the front door asks of those who run the calls.

/// Takes a media socket that was let in.
public protocol StreamTaking: Sendable {
    /// On the socket's loop, just before it opens.
    func takeStream(_ upgrade: StreamUpgrade, on loop: LoopCore) throws(Problem) -> any WebSocketHandler
}

/// A media socket and how it came in.
public struct StreamUpgrade: Sendable {
    public let peer: SocketAddress
    /// Whoever stands behind our own proxies.
    public let client: IPAddress
    /// Whose words it is in: the path says so.
    public let dialect: CarrierDialect
    /// The carrier signed it, or it comes from this machine and there is no token to check with: it may carry a call that
    /// we have not seen.
    public let isSigned: Bool
    public let request: RequestID
    public let arrived: Instant
    /// To be told once the stream started with a right to, or the socket ended.
    public let unstarted: UnstartedSocket
}

/// Hears of calls whose stream will come, so that their upstream can be had by then. Must not wait.
public protocol CallExpecting: Sendable {
    func expect(_ call: ExpectedCall)
}

/// A call whose webhook was answered.
public struct ExpectedCall: Hashable, Sendable {
    public let record: CallID
    public let providerCallID: String
    public let direction: CallDirection
    public let from: PhoneNumber?
    public let to: PhoneNumber?
    public let agent: Agent
    public let variables: JSONObject
    /// Until when its stream may come.
    public let tokenExpiry: UTCTime
}

/// Knows what a caller is to get once the bridge ended.
public protocol BridgeFollowing: Sendable {
    func afterBridge(_ end: BridgeEnd) async -> BridgeSequel
}

/// The carrier asks how a call goes on.
public struct BridgeEnd: Hashable, Sendable {
    public let providerCallID: String
    /// How a transfer went; nil where no transfer ended.
    public let transfer: Transfer?
    /// Nobody is there any more to hear what follows.
    public let isOver: Bool

    public enum Transfer: Hashable, Sendable {
        case reached
        case notReached
    }

    public init(providerCallID: String, transfer: Transfer? = nil, isOver: Bool = false) {
        self.providerCallID = providerCallID
        self.transfer = transfer
        self.isOver = isOver
    }
}

/// Hears what the carrier reports of a call. The record has been changed by then; a live call may want to end its legs.
/// Must not wait.
public protocol CarrierListening: Sendable {
    func carrierReported(_ status: CallStatus, of providerCallID: String)
    /// A report opened this record, whose call has no stream yet: its webhook may be with another node, or late.
    func carrierOpened(_ record: CallRecord)
}

/// Acts on calls that are not over, wherever they are.
public protocol CallCommanding: Sendable {
    /// Ends a call for `api-hangup`, or cancels one that nobody has answered.
    func hangUp(_ call: CallRecord) async throws(CallCommandError)
    /// Puts the caller through to somebody else. A stream that is being set up is waited for.
    func transfer(_ call: CallRecord, to number: PhoneNumber) async throws(CallCommandError)
    /// Tells the agent something.
    func say(_ text: String, to call: CallRecord) async throws(CallCommandError)
}

/// Why a command was not carried out.
public enum CallCommandError: Error, Hashable, Sendable {
    /// Nobody is on the line, or the agent is not there yet.
    case notLive
    /// Another node has it on the line.
    case elsewhere(node: String?)
    /// It ended in the meantime.
    case over
    case carrier(CarrierControlError)
    case store(CallStoreError)

    public var code: String {
        switch self {
        case .notLive: "call.not_live"
        case .elsewhere: "call.elsewhere"
        case .over: "call.over"
        case .carrier(let error): error.code
        case .store(let error): error.code
        }
    }

    public var message: String {
        switch self {
        case .notLive: "Caller and agent are not both on the line now."
        case .elsewhere(let node):
            "The call is on the line at \(node.map { "the node \(PeerText($0))" } ?? "another node"). Ask there."
        case .over: "The call is over by now."
        case .carrier(let error): error.message
        case .store(let error): error.message
        }
    }
}

/// Whether new calls are taken.
public protocol CallAdmitting: Sendable {
    /// Read for each new call, from any thread.
    var admission: CallAdmission { get }

    /// Whether an agent can take a new call now.
    func readiness(of agent: Agent) -> AgentReadiness
}

public enum CallAdmission: Hashable, Sendable {
    case open
    /// Callers get what their agent has for this.
    case full
    /// Other nodes take new calls.
    case draining
}

public typealias CallHost =
    StreamTaking & CallExpecting & BridgeFollowing & CarrierListening & CallAdmitting
