/// Why a connection ended.
public enum ConnectionCloseReason: Error, Hashable, Sendable {
    /// This side closed it.
    case closedLocally
    /// The peer closed it in order.
    case closedByPeer
    /// The network under it failed; the text says how.
    case transportFailed(String)
    /// The peer broke a protocol's rules; the text says how.
    case protocolViolation(String)
    /// The peer gave no sign of life in time.
    case timedOut
    /// It needed more than this node allows it.
    case limitReached(ResourceLimitError)
}

extension ConnectionCloseReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .closedLocally: "closed on this side"
        case .closedByPeer: "closed by the peer"
        case .transportFailed(let how): how
        case .protocolViolation(let how): how
        case .timedOut: "the peer gave no sign of life in time"
        case .limitReached(let limit): "\(limit)"
        }
    }
}
