import Multiformats

/// Which addresses that others told of are never dialled, so that nobody makes this node knock at doors of its own networks.
///
/// go-libp2p leaves this to its protocols, which pass on what they hear as far as it suits whom they heard it from. Here the
/// dial decides: an unspecified or multicast address is nobody's, and a peer that is on the public network too is reached
/// there, unless this host is in the same network as the address.
struct DialFilter {
    /// How many bits of an address make a network of its own: what a household or a rack has in common.
    private static let prefix = (v4: 24, v6: 64)

    private let networks: Set<IPNetwork>

    /// A filter for a host with these addresses.
    init(ownAddresses: [IPAddress]) {
        self.networks = Set(
            ownAddresses.filter { !$0.isLoopback && !$0.isUnspecified }.map { Self.network(of: $0) })
    }

    private static func network(of address: IPAddress) -> IPNetwork {
        IPNetwork(of: address, ipv4Prefix: self.prefix.v4, ipv6Prefix: self.prefix.v6)
    }

    /// Why an address that others told of is not dialled: a clause for a person; nil where it may be.
    func objection(to address: Multiaddr, ofPublicPeer isPublic: Bool) -> String? {
        guard let ip = address.ipAddress?.unmapped, !ip.isGlobal else { return nil }
        if ip.isUnspecified || ip.isMulticast { return "it is the address of no host" }
        guard isPublic else { return nil }
        if ip.isLoopback { return "it is an address of this machine, and the peer has public ones" }
        // Every link has the same link-local network.
        if !ip.isLinkLocal, self.networks.contains(Self.network(of: ip)) { return nil }
        return ip.isPrivate || ip.isLinkLocal
            ? "it is an address of another network, and the peer has public ones"
            : "it is no address of the internet, and the peer has public ones"
    }
}
