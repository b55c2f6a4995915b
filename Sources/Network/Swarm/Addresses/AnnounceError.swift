public import Multiformats
public import PeerIdentity

/// Why peers could do nothing with an address that they are to be told of.
public enum AnnounceError: Error, Hashable, Sendable {
    /// It says nothing but whose it is.
    case onlyPeer(Multiaddr)
    /// It names no host, or the address of none.
    case noHost(Multiaddr)
    /// A port is missing, or is 0.
    case noPort(Multiaddr)
    /// It names another peer than this node; nil where the node has no key yet.
    case otherPeer(Multiaddr, own: PeerID?)
}

extension AnnounceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .onlyPeer(let address): "\(address) says who is there and not where"
        case .noHost(let address): "\(address) is the address of no host; name one at which this node is found"
        case .noPort(let address): "\(address) has no port; add one, such as /tcp/4001"
        case .otherPeer(let address, let own?): "\(address) is another peer's; this node is \(own)"
        case .otherPeer(let address, nil): "\(address) is another peer's: this node has no key yet; leave out /p2p"
        }
    }
}

extension AnnouncePolicy {
    /// Throws where peers could do nothing with one of the added addresses, or would look for another there than the node
    /// `peer`; nil is for a node whose key is yet to be made.
    public func check(for peer: PeerID?) throws(AnnounceError) {
        for address in self.added {
            if let other = address.peerID, other != peer { throw .otherPeer(address, own: peer) }
            guard let place = address.withoutPeerID, let first = place.components.first else {
                throw .onlyPeer(address)
            }
            if let ip = place.ipAddress?.unmapped, ip.isUnspecified || ip.isMulticast { throw .noHost(address) }
            switch first.protocol {
            case .ip4, .ip6, .ip6zone, .dns, .dns4, .dns6:
                guard let port = place.endpoint?.port, port != 0 else { throw .noPort(address) }
            case .tcp, .udp: throw .noHost(address)
            // Others carry their ports in them, or lead to addresses that do: onion services, relays, /dnsaddr.
            default: break
            }
        }
    }
}
