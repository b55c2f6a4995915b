/// An IPv6 address, without a zone.
public struct IPv6Address: Hashable, Sendable {
    /// The first 64 bits.
    public let high: UInt64
    /// The last 64 bits.
    public let low: UInt64

    /// The address with these halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The address of 16 bytes in network order; nil where there are more or fewer.
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 16 else { return nil }
        self.high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.low = octets.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The IPv4-mapped address of `address`, `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
    public init(mapping address: IPv4Address) {
        self.init(high: 0, low: 0xffff << 32 | UInt64(address.rawValue))
    }

    /// `::`, any address of this machine to a listener.
    public static let unspecified = IPv6Address(high: 0, low: 0)
    /// `::1`, this machine.
    public static let loopback = IPv6Address(high: 0, low: 1)

    /// The bytes in network order.
    public var octets: [UInt8] {
        [self.high, self.low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The eight groups of 16 bits.
    public var groups: [UInt16] {
        [self.high, self.low].flatMap { half in
            (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - 16 * UInt64($0))) }
        }
    }

    /// The IPv4 address that this one maps, if it does.
    public var mappedIPv4: IPv4Address? {
        guard self.high == 0, self.low >> 32 == 0xffff else { return nil }
        return IPv4Address(rawValue: UInt32(truncatingIfNeeded: self.low))
    }

    /// Whether this is `::`.
    public var isUnspecified: Bool { self.high == 0 && self.low == 0 }
    /// Reachable on this machine only, also as a mapped IPv4 address.
    public var isLoopback: Bool { self == .loopback || self.mappedIPv4?.isLoopback == true }
    /// Reachable on one link only (RFC 4291, section 2.5.6), also as a mapped IPv4 address.
    public var isLinkLocal: Bool { self.isIn(0xfe80 << 48, prefix: 10) || self.mappedIPv4?.isLinkLocal == true }
    /// The address of a group, not of a host (RFC 4291, section 2.7), also as a mapped IPv4 address.
    public var isMulticast: Bool { self.isIn(0xff00 << 48, prefix: 8) || self.mappedIPv4?.isMulticast == true }

    /// Reachable within one site only: a unique local address (RFC 4193).
    public var isPrivate: Bool { self.isIn(0xfc00 << 48, prefix: 7) || self.mappedIPv4?.isPrivate == true }

    /// Whether any host of the internet may be found at this address (IANA IPv6 Special-Purpose Address Registry).
    public var isGlobal: Bool {
        if let mapped = self.mappedIPv4 { return mapped.isGlobal }
        // The well-known NAT64 prefix stands for an IPv4 address (RFC 6052, section 2.1).
        if self.high == 0x0064_ff9b << 32, self.low >> 32 == 0 {
            return IPv4Address(rawValue: UInt32(truncatingIfNeeded: self.low)).isGlobal
        }
        let isDocumentation = self.isIn(0x2001_0db8 << 32, prefix: 32) || self.isIn(0x3fff << 48, prefix: 20)
        // ORCHIDv2 names are not addresses, and 2001:2::/48 is for benchmarks.
        let isSpecial = self.isIn(0x2001_0020 << 32, prefix: 28) || self.isIn(0x2001_0002 << 32, prefix: 48)
        return self.isIn(0x2000 << 48, prefix: 3) && !isDocumentation && !isSpecial
    }

    private func isIn(_ network: UInt64, prefix: UInt64) -> Bool {
        (self.high ^ network) >> (64 - prefix) == 0
    }
}
