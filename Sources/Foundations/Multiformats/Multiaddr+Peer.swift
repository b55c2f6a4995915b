public import Bytes

extension Multiaddr {
    /// The first component of `proto`.
    public func first(_ proto: MultiaddrProtocol) -> MultiaddrComponent? {
        self.components.first { $0.protocol == proto }
    }

    /// Whether there is a component of `proto`.
    public func contains(_ proto: MultiaddrProtocol) -> Bool { self.first(proto) != nil }

    /// The ID of the peer that is reached at this address, as a multihash: that of the last `/p2p`, unless a
    /// `/p2p-circuit` follows it, which makes it the relay's.
    public var peerIDBytes: Bytes? {
        for component in self.components.reversed() {
            if component.protocol == .p2p { return component.value }
            if component.protocol == .p2pCircuit { return nil }
        }
        return nil
    }

    /// Whether the peer is reached through a relay (libp2p circuit v2, "Addressing").
    public var isCircuit: Bool { self.contains(.p2pCircuit) }

    /// The relay's own address, with its peer ID: what is in front of the last `/p2p-circuit`. It is nil where the address
    /// is not of a circuit, or does not name the relay's address.
    public var relayAddress: Multiaddr? { self.isCircuit ? self.decapsulating(.p2pCircuit) : nil }
}
