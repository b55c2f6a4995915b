public import Multiformats

/// Where mDNS speaks: one interface with one version of the internet protocol, which have a socket of their own.
public struct MDNSLink: Hashable, Sendable {
    /// The system's number for the interface.
    public let interface: UInt32
    /// Whether this is IPv6 there, and not IPv4.
    public let isIPv6: Bool
    /// The addresses of the interface, of both versions.
    public let addresses: [IPAddress]

    /// A link of the interface that has these addresses.
    public init(interface: UInt32, isIPv6: Bool, addresses: [IPAddress]) {
        self.interface = interface
        self.isIPv6 = isIPv6
        self.addresses = addresses
    }

    /// Whether only programs of this host are there.
    public var isLoopback: Bool { self.addresses.allSatisfy(\.isLoopback) }

    /// The group that mDNS speaks to (RFC 6762, section 3).
    public static func group(isIPv6: Bool) -> IPAddress {
        isIPv6 ? .v6(IPv6Address(high: 0xff02 << 48, low: 0xfb)) : .v4(IPv4Address(224, 0, 0, 251))
    }

    /// The port of mDNS (RFC 6762, section 3).
    public static let port: UInt16 = 5353

    /// Whether the interface and the version are the same, whatever the addresses.
    func isSamePlace(as other: MDNSLink) -> Bool { self.interface == other.interface && self.isIPv6 == other.isIPv6 }

    /// Whether somebody on this link can do anything with an address: that of a host on some network, for which no relay and
    /// no zone is needed.
    func carries(_ address: Multiaddr) -> Bool {
        guard !address.isCircuit, case .ip(let ip, nil)? = address.endpoint?.host else { return false }
        let ownIP = ip.unmapped
        if ownIP.isLoopback { return self.isLoopback }
        if case .v6 = ownIP, ownIP.isLinkLocal { return false }
        return !ownIP.isUnspecified && !ownIP.isMulticast
    }
}
