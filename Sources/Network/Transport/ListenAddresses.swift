public import EventLoop
public import Multiformats

/// What a node that listens tells others of where it is.
public enum ListenAddresses {
    /// The addresses at which listeners on `addresses` can be dialled: `0.0.0.0` and `::` are replaced by each address that
    /// the host's interfaces have, loopback included; the others stay. No address comes twice.
    ///
    /// A link-local IPv6 address is left out: it is reached only with a zone, a name that means nothing to another host.
    public static func expand(
        _ addresses: [Multiaddr], interfaces: [NetworkInterface] = NetworkInterface.all
    ) -> [Multiaddr] {
        var expanded: [Multiaddr] = []
        var seen: Set<Multiaddr> = []
        for address in addresses {
            for concrete in Self.concrete(address, interfaces) where seen.insert(concrete).inserted {
                expanded.append(concrete)
            }
        }
        return expanded
    }

    private static func concrete(_ address: Multiaddr, _ interfaces: [NetworkInterface]) -> [Multiaddr] {
        guard case .ip(let wildcard, nil)? = address.endpoint?.host, wildcard.isUnspecified else { return [address] }
        let candidates = interfaces.lazy.flatMap(\.addresses)
        return candidates.compactMap { candidate in
            switch (wildcard, candidate) {
            case (.v4, .v4): try? address.replacingHost(with: candidate)
            case (.v6, .v6(let ip)) where !ip.isLinkLocal: try? address.replacingHost(with: candidate)
            default: nil
            }
        }
    }
}
