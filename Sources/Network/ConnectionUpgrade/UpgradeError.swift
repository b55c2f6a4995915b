public import PeerIdentity
public import Transport

/// Why a connected socket did not become a connection.
public enum UpgradeError: Error, Hashable, Sendable {
    /// The peer is not in this node's private network.
    case notInPrivateNetwork(String)
    /// The two sides have no security protocol in common.
    case securityNotAgreed(String)
    /// The security handshake failed.
    case handshakeFailed(String)
    /// The peer is not the one that was asked for.
    case peerMismatch(expected: PeerID, actual: PeerID)
    /// What answered, or dialled, is this node itself.
    case isThisNode
    /// The two sides have no muxer in common, or it broke before the connection stood.
    case muxerFailed(String)
    /// The socket failed.
    case transportFailed(String)
    case timedOut(after: Duration)
    /// A limit of this node does not allow the connection.
    case refused(ResourceLimitError)
    /// The handshake gave its place to others that came later.
    case gaveWay
    /// This node does not let the peer connect, by its access list.
    case denied(String)
    case cancelled
}

extension UpgradeError {
    /// The error without its details, for a metric's label.
    package var label: String {
        switch self {
        case .notInPrivateNetwork: "not_in_private_network"
        case .securityNotAgreed: "security_not_agreed"
        case .handshakeFailed: "handshake_failed"
        case .peerMismatch: "peer_mismatch"
        case .isThisNode: "is_this_node"
        case .muxerFailed: "muxer_failed"
        case .transportFailed: "transport_failed"
        case .timedOut: "timed_out"
        case .refused: "refused"
        case .gaveWay: "gave_way"
        case .denied: "denied"
        case .cancelled: "cancelled"
        }
    }
}

extension UpgradeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notInPrivateNetwork(let why):
            "the peer is not in this private network, or its key differs: \(why)"
        case .securityNotAgreed(let why): "no security protocol was agreed on: \(why)"
        case .handshakeFailed(let why): "the security handshake failed: \(why)"
        case .peerMismatch(let expected, let actual): "the peer there is \(actual), not \(expected)"
        case .isThisNode: "it is this node itself that is there"
        case .muxerFailed(let why): "no muxer was agreed on: \(why)"
        case .transportFailed(let why): "the connection broke during the handshake: \(why)"
        case .timedOut(let after): "the handshake took longer than \(after)"
        case .refused(let limit): "this node refused the connection: \(limit)"
        case .gaveWay: "the handshake gave its place to a newer one: too many have not shown who they are"
        case .denied(let why): why
        case .cancelled: "the attempt was cancelled"
        }
    }
}
