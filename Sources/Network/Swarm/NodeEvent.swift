public import Multiformats
public import PeerIdentity
public import Transport

/// Something that happened to a node.
public enum NodeEvent: Sendable {
    /// The node can be dialled at this address from now on; it ends in the node's own `/p2p`.
    case listening(Multiaddr)
    /// The node is no longer to be found at this address.
    case stoppedListening(Multiaddr)
    /// A connection stands, whoever began it: it is secured, and streams may be opened.
    case connected(Connection)
    /// A connection that stood has ended.
    case disconnected(Connection, ConnectionCloseReason)
    /// An inbound attempt did not become a connection.
    case inboundFailed(remoteAddress: Multiaddr, UpgradeFailure)
    /// A dial that the node began by itself failed.
    case dialFailed(DialError)
    /// A limit of this node refused something to the peer.
    case refused(PeerID, ResourceLimitError)
    /// The access list did not let a connection be, or ended it.
    case refusedConnection(RefusedConnection)
    /// The peer said what it is (libp2p identify).
    case identified(PeerID)
    /// The peer sees this node at this address.
    case observedAddress(Multiaddr, by: PeerID)
    /// Enough peers see the node at this address to believe it: others are told of it from now on. It ends in the node's own
    /// `/p2p`.
    case addressConfirmed(Multiaddr)
    /// Too few peers still see the node at this address, which was believed until now.
    case addressExpired(Multiaddr)
    /// The peer said on the local network that it is at these addresses (mDNS); nothing has proved it yet.
    case discovered(PeerID, [Multiaddr])
}

/// Why an attempt to connect failed, as a sentence for a person.
public struct UpgradeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// The failure that `description` says in a sentence.
    public init(_ description: String) { self.description = description }
}
