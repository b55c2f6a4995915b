import Bytes
import Multiformats
import TestSupport

extension SeededGenerator {
    /// Random components, of every protocol of the table; the last one alone can be a path.
    mutating func components(count: ClosedRange<Int>, allowingPath: Bool = true) throws -> [MultiaddrComponent] {
        var components: [MultiaddrComponent] = []
        let count = Int.random(in: count, using: &self)
        while components.count < count {
            let proto = MultiaddrProtocol.allCases.randomElement(using: &self) ?? .tcp
            if proto == .unix, !allowingPath || components.count < count - 1 { continue }
            components.append(try self.component(proto))
        }
        return components
    }

    /// A component of `proto` with a random value.
    mutating func component(_ proto: MultiaddrProtocol) throws -> MultiaddrComponent {
        switch proto {
        case .ip4: try MultiaddrComponent(proto, value: self.bytes(4))
        case .ip6: .ip(.v6(self.ipv6Address()))
        case .ipcidr: try MultiaddrComponent(proto, value: self.bytes(1))
        case .tcp, .udp, .dccp, .sctp: try MultiaddrComponent(proto, value: self.bytes(2))
        case .memory: try MultiaddrComponent(proto, value: self.bytes(8))
        case .dns, .dns4, .dns6, .dnsaddr, .sni, .ip6zone: try MultiaddrComponent(proto, self.name())
        case .unix: try MultiaddrComponent(proto, "/\(self.name())/\(self.name())")
        case .p2p: try .p2p(self.peerID())
        case .onion: try MultiaddrComponent(proto, value: Bytes(Array(self.bytes(11)) + [1]))
        case .onion3: try MultiaddrComponent(proto, value: Bytes(Array(self.bytes(36)) + [1]))
        case .garlic64: try MultiaddrComponent(proto, value: self.bytes(count: 386...400))
        case .garlic32:
            try MultiaddrComponent(
                proto, value: Bool.random(using: &self) ? self.bytes(32) : self.bytes(count: 35...60))
        case .certhash:
            try MultiaddrComponent(proto, value: Multihash(.sha512, digest: self.bytes(count: 0...64)).bytes)
        case .httpPath: try MultiaddrComponent(proto, value: self.bytes(count: 1...60))
        default: try MultiaddrComponent(proto, "")
        }
    }

    private mutating func name() -> String {
        let characters = Array("abcxyz019-._%é漢:+ ~")
        return String(
            (0..<Int.random(in: 1...20, using: &self)).map { _ in characters.randomElement(using: &self) ?? "a" })
    }

    private mutating func peerID() throws -> Bytes {
        let isHash = Bool.random(using: &self)
        return try Multihash(isHash ? .sha256 : .identity, digest: self.bytes(count: isHash ? 32...32 : 0...42)).bytes
    }

    /// Mostly zeros, so that runs of them are common.
    private mutating func ipv6Address() -> IPv6Address {
        let masks: [UInt64] = [0, .max, 0xffff, 0xffff_0000_0000, 0xffff_0000_0000_ffff, 0xffff_ffff_0000]
        return IPv6Address(
            high: self.next() & (masks.randomElement(using: &self) ?? 0),
            low: self.next() & (masks.randomElement(using: &self) ?? 0))
    }
}
