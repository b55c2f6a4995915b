public import Multiformats
public import PeerIdentity
public import Transport

/// Why the access list does not let a connection be.
public enum AccessRefusal: Error, Hashable, Sendable {
    /// The peer is on the list of those that are denied.
    case peerDenied(PeerID)
    /// The address is in a network that is denied.
    case addressDenied(Multiaddr, IPNetwork)
    /// Only who is allowed may connect, and the peer is not.
    case peerNotAllowed(PeerID)
    /// Only who is allowed may connect, and nobody at the address is.
    case addressNotAllowed(Multiaddr)
}

extension AccessRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .peerDenied(let peer): "peer \(peer) is denied by the access list"
        case .addressDenied(let address, let network):
            "\(address) is denied by the access list (\(AccessTarget.network(network)))"
        case .peerNotAllowed(let peer): "peer \(peer) is not on the list of those that are allowed"
        case .addressNotAllowed(let address): "\(address) is not on the list of those that are allowed"
        }
    }

    /// The reason without its details, for a metric's label.
    var label: String {
        switch self {
        case .peerDenied: "peer_denied"
        case .addressDenied: "address_denied"
        case .peerNotAllowed: "peer_not_allowed"
        case .addressNotAllowed: "address_not_allowed"
        }
    }
}

/// A connection that the access list did not let be, with how far it had come.
public struct RefusedConnection: Hashable, Sendable {
    /// Who began it.
    public let direction: Direction
    /// The peer, where it is known: of one that dials not before its handshake.
    public let peer: PeerID?
    /// The peer's address; nil where no address was looked at.
    public let address: Multiaddr?
    /// Why.
    public let refusal: AccessRefusal
}
