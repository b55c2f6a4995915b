public import Bytes

extension Multiaddr {
    /// The first component of `proto`.
    public func first(_ proto: MultiaddrProtocol) -> MultiaddrComponent? {
        self.first { component, _ in component.protocol == proto }
    }

    /// Whether there is a component of `proto`.
    public func contains(_ proto: MultiaddrProtocol) -> Bool { self.first(proto) != nil }

    /// The ID of the peer that is reached at this address, as a multihash: that of the last `/p2p`, unless a
    /// `/p2p-circuit` follows it, which makes it the relay's.
    public var peerIDBytes: Bytes? {
        var peer: Bytes?
        _ = self.first { component, _ in
            if component.protocol == .p2p { peer = component.value }
            if component.protocol == .p2pCircuit { peer = nil }
            return false
        }
        return peer
    }

    /// Whether the peer is reached through a relay (libp2p circuit v2, "Addressing").
    public var isCircuit: Bool { self.contains(.p2pCircuit) }

    /// The relay's own address, with its peer ID: what is in front of the last `/p2p-circuit`. It is nil where the address
    /// is not of a circuit, or does not name the relay's address.
    public var relayAddress: Multiaddr? { self.isCircuit ? self.decapsulating(.p2pCircuit) : nil }
}
