public import Bytes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
    /// The version of the internet protocol.
    public enum Family: Hashable, Sendable {
        case ipv4
        case ipv6
    }

    /// The address's version of the protocol.
    public let family: Family
    /// The address as numbers in the host's order; an IPv4 address is in the lowest four bytes.
    private let high: UInt64
    private let low: UInt64

    private init(family: Family, high: UInt64, low: UInt64) {
        self.family = family
        self.high = high
        self.low = low
    }

    /// The address of 4 or 16 bytes in network order, or nil for any other count.
    public init?(_ bytes: some Collection<UInt8>) {
        func number(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(family: .ipv4, high: 0, low: number(bytes))
        case 16: self.init(family: .ipv6, high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
        default: return nil
        }
    }

    /// The address of a text such as `127.0.0.1` or `::1`, or nil; without a port, brackets or zone.
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4)
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6)
        } else {
            return nil
        }
    }

    init(_ address: in_addr) {
        self.init(family: .ipv4, high: 0, low: UInt64(UInt32(bigEndian: address.s_addr)))
    }

    init(_ address: in6_addr) {
        let (high, low) = withUnsafeBytes(of: address) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(family: .ipv6, high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    var v4: in_addr { in_addr(s_addr: UInt32(truncatingIfNeeded: self.low).bigEndian) }

    var v6: in6_addr {
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) {
            $0.storeBytes(of: self.high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: self.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return address
    }

    /// The 4 or 16 bytes in network order.
    public var bytes: Bytes {
        switch self.family {
        case .ipv4: Bytes((0..<4).map { UInt8(truncatingIfNeeded: self.low >> (24 - 8 * $0)) })
        case .ipv6:
            Bytes((0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? self.high : self.low) >> (56 - 8 * ($0 % 8))) })
        }
    }

    /// 0.0.0.0 or ::, which stand for every address of the host.
    public var isUnspecified: Bool { self.high == 0 && self.low == 0 }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self.family {
        case .ipv4: self.low >> 24 == 127
        case .ipv6: self.high == 0 && self.low == 1
        }
    }

    /// 169.254.0.0/16 or fe80::/10, which need a scope and do not leave the link.
    public var isLinkLocal: Bool {
        switch self.family {
        case .ipv4: self.low >> 16 == 0xA9FE
        case .ipv6: self.high >> 54 == 0xFE80 >> 6
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The usual text, for IPv6 that of RFC 5952.
    public var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            text.initialize(repeating: 0)
            let size = socklen_t(text.count)
            switch self.family {
            case .ipv4: withUnsafePointer(to: self.v4) { _ = inet_ntop(AF_INET, $0, text.baseAddress, size) }
            case .ipv6: withUnsafePointer(to: self.v6) { _ = inet_ntop(AF_INET6, $0, text.baseAddress, size) }
            }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
