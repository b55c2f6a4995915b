/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable {
    /// The address as a number: 127.0.0.1 is 0x7f000001.
    public let rawValue: UInt32

    /// The address whose number is `rawValue`.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The address with these four numbers between its dots.
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        self.rawValue = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// Reads four decimal numbers of at most 255 between dots, without leading zeros, which some read as octal.
    public init?(_ text: some StringProtocol) {
        // The longest form has 15 characters; what is longer is refused whatever follows.
        self.init(Array(text.utf8.prefix(16))[...])
    }

    /// The address of four bytes in network order; nil where there are more or fewer.
    public init?(octets: some Collection<UInt8>) {
        guard octets.count == 4 else { return nil }
        self.rawValue = octets.reduce(0) { $0 << 8 | UInt32($1) }
    }

    init?(_ text: ArraySlice<UInt8>) {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.count == 1 || part.first != UInt8(ascii: "0"), let number = decimal(part, as: UInt8.self) else {
                return nil
            }
            value = value << 8 | UInt32(number)
        }
        self.rawValue = value
    }

    /// 0.0.0.0, any address of this machine to a listener.
    public static let unspecified = IPv4Address(0, 0, 0, 0)
    /// 127.0.0.1, this machine.
    public static let loopback = IPv4Address(127, 0, 0, 1)

    /// The bytes in network order.
    public var octets: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: self.rawValue >> (24 - 8 * UInt32($0))) }
    }

    /// Whether this is 0.0.0.0.
    public var isUnspecified: Bool { self.rawValue == 0 }
    /// Reachable on this machine only (RFC 1122, section 3.2.1.3).
    public var isLoopback: Bool { self.isIn(127, 0, 0, 0, prefix: 8) }
    /// Reachable on one link only (RFC 3927).
    public var isLinkLocal: Bool { self.isIn(169, 254, 0, 0, prefix: 16) }
    /// The address of a group, not of a host (RFC 5771).
    public var isMulticast: Bool { self.isIn(224, 0, 0, 0, prefix: 4) }

    /// Reachable within one site only: RFC 1918, and RFC 6598 (carrier-grade NAT).
    public var isPrivate: Bool {
        self.isIn(10, 0, 0, 0, prefix: 8) || self.isIn(172, 16, 0, 0, prefix: 12)
            || self.isIn(192, 168, 0, 0, prefix: 16) || self.isIn(100, 64, 0, 0, prefix: 10)
    }

    /// Whether any host of the internet may be found at this address (IANA IPv4 Special-Purpose Address Registry).
    public var isGlobal: Bool {
        let isReserved =
            self.isIn(0, 0, 0, 0, prefix: 8)  // this network
            || self.isIn(192, 0, 0, 0, prefix: 24)  // protocol assignments
            || self.isIn(192, 0, 2, 0, prefix: 24) || self.isIn(198, 51, 100, 0, prefix: 24)  // documentation
            || self.isIn(203, 0, 113, 0, prefix: 24)
            || self.isIn(192, 88, 99, 0, prefix: 24)  // the old 6to4 relays
            || self.isIn(198, 18, 0, 0, prefix: 15)  // benchmarks
            || self.isIn(240, 0, 0, 0, prefix: 4)  // future use and broadcast
        return !(isReserved || self.isLoopback || self.isPrivate || self.isLinkLocal || self.isMulticast)
    }

    private func isIn(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8, prefix: UInt32) -> Bool {
        (self.rawValue ^ IPv4Address(first, second, third, fourth).rawValue) >> (32 - prefix) == 0
    }
}

extension IPv4Address: CustomStringConvertible {
    public var description: String {
        self.octets.map { "\($0)" }.joined(separator: ".")
    }
}

/// The number that decimal digits and nothing else stand for, or nil where it does not fit.
func decimal<Number: FixedWidthInteger>(_ digits: some Collection<UInt8>, as _: Number.Type) -> Number? {
    guard !digits.isEmpty else { return nil }
    var number: Number = 0
    for digit in digits {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(Number(digit - UInt8(ascii: "0")))
        guard !overflow, !carry else { return nil }
        number = sum
    }
    return number
}
