public import Bytes

extension Multiaddr {
    /// This address with `inner` behind it (multiaddr README, "Encapsulation").
    public func encapsulating(_ inner: Multiaddr) throws(MultiaddrError) -> Multiaddr {
        try Multiaddr(self.components + inner.components)
    }

    /// This address with `component` behind it.
    public func appending(_ component: MultiaddrComponent) throws(MultiaddrError) -> Multiaddr {
        try Multiaddr(self.components + [component])
    }

    /// What is in front of the last occurrence of `inner`: the whole address where it does not occur, nil where nothing
    /// is left.
    public func decapsulating(_ inner: Multiaddr) -> Multiaddr? {
        let components = self.components
        let removed = inner.components
        var start = components.count - removed.count
        while start >= 0 {
            if components[start...].starts(with: removed) { return Multiaddr(part: components[..<start]) }
            start -= 1
        }
        return self
    }

    /// What is in front of the last component of `proto`, and nil where nothing is left; the whole address where there is
    /// no such component.
    public func decapsulating(_ proto: MultiaddrProtocol) -> Multiaddr? {
        let components = self.components
        guard let last = components.lastIndex(where: { $0.protocol == proto }) else { return self }
        return Multiaddr(part: components[..<last])
    }

    /// This address without a `/p2p` component at its end; nil where that was all.
    public var withoutPeerID: Multiaddr? {
        var (last, offset) = (MultiaddrProtocol?.none, 0)
        _ = self.first { component, start in
            (last, offset) = (component.protocol, start)
            return false
        }
        return last == .p2p ? Multiaddr(self, upTo: offset) : self
    }

    /// This address with the `/p2p` component of `peerID` at its end, instead of one that is there.
    public func withPeerID(_ peerID: Bytes) throws(MultiaddrError) -> Multiaddr {
        try Multiaddr((self.withoutPeerID?.components ?? []) + [.p2p(peerID)])
    }

    /// This address with `address` instead of its first component that is an address or a name to resolve; a zone in
    /// front of it stays. It is the whole address where there is no such component.
    public func replacingHost(with address: IPAddress) throws(MultiaddrError) -> Multiaddr {
        var components = self.components
        guard let index = components.firstIndex(where: { $0.protocol.isHost }) else { return self }
        components[index] = .ip(address)
        return try Multiaddr(components)
    }

    /// This address with `port` in its first component that has a port: what a listener on port 0 was given.
    public func replacingPort(with port: UInt16) -> Multiaddr {
        var components = self.components
        guard let index = components.firstIndex(where: { $0.port != nil }) else { return self }
        components[index] = MultiaddrComponent(checked: components[index].protocol, Bytes(bigEndian: port))
        return Multiaddr(checked: components[...])
    }

    /// Some of the components of an address, in their order; nil for none.
    private init?(part components: ArraySlice<MultiaddrComponent>) {
        guard !components.isEmpty else { return nil }
        self.init(checked: components)
    }
}

extension MultiaddrProtocol {
    /// Whether the value is an IP address or a name that resolves to one.
    var isHost: Bool {
        switch self {
        case .ip4, .ip6, .dns, .dns4, .dns6: true
        default: false
        }
    }
}
