/// The addresses that begin with the same bits, such as 192.0.2.0/24.
public struct IPNetwork: Hashable, Sendable {
    /// The first address: the bits behind the prefix are 0.
    public let address: IPAddress
    /// How many bits all addresses of the network have in common, 0 to 32 or 128.
    public let prefix: Int

    /// The network of `prefix` bits that `address` is in. A prefix longer than the address is the address alone, one below 0
    /// is every address of its version.
    public init(of address: IPAddress, prefix: Int) {
        switch address.unmapped {
        case .v4(let ip):
            self.prefix = min(max(prefix, 0), 32)
            let mask = self.prefix == 0 ? 0 : UInt32.max << (32 - UInt32(self.prefix))
            self.address = .v4(IPv4Address(rawValue: ip.rawValue & mask))
        case .v6(let ip):
            self.prefix = min(max(prefix, 0), 128)
            self.address = .v6(
                IPv6Address(
                    high: ip.high & Self.mask(min(self.prefix, 64)), low: ip.low & Self.mask(max(self.prefix - 64, 0))))
        }
    }

    /// The network of `address` where one has so many bits in common, by the version of the address.
    public init(of address: IPAddress, ipv4Prefix: Int, ipv6Prefix: Int) {
        let isIPv4 = if case .v4 = address.unmapped { true } else { false }
        self.init(of: address, prefix: isIPv4 ? ipv4Prefix : ipv6Prefix)
    }

    private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : UInt64.max << (64 - UInt64(bits)) }

    /// Reads "192.0.2.0/24", "2001:db8::/32", or an address, which is a network of its own; nil where it is none, or where
    /// bits behind the prefix are not 0.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let longest = address.octets.count * 8
        guard parts.count == 2 else {
            self.init(of: address, prefix: longest)
            return
        }
        guard let prefix = decimal(Array(parts[1].utf8.prefix(4))[...], as: Int.self), prefix <= longest else {
            return nil
        }
        // A mapped address is an IPv4 address with a prefix of its own.
        guard address.unmapped == address else { return nil }
        self.init(of: address, prefix: prefix)
        guard self.address == address else { return nil }
    }

    /// Whether the address is in the network; an IPv4 address in the form of IPv6 is an IPv4 address.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.unmapped.octets.count == self.address.octets.count else { return false }
        return IPNetwork(of: address, prefix: self.prefix).address == self.address
    }
}

extension IPNetwork: CustomStringConvertible {
    public var description: String { "\(self.address)/\(self.prefix)" }
}
