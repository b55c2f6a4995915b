public import Multiformats

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Where a socket is: an IP address and a port, or the path of a Unix socket.
public struct SocketAddress: Hashable, Sendable {
    /// The kinds of sockets that addresses belong to.
    public enum Family: Hashable, Sendable {
        case ipv4
        case ipv6
        case unix
    }

    enum Place: Hashable, Sendable {
        case ip(IPAddress, port: UInt16, scope: UInt32)
        case unix(path: String)
    }

    /// The longest path that a Unix socket can have, in bytes.
    public static let longestUnixPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    let place: Place

    /// An IP address with a port; `scope` is the interface's index, for link-local IPv6.
    public init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
        if case .v4 = ip {
            self.place = .ip(ip, port: port, scope: 0)
        } else {
            self.place = .ip(ip, port: port, scope: scope)
        }
    }

    /// The address of 4 or 16 bytes in network order with a port, or nil for any other count.
    public init?(ip: some Collection<UInt8>, port: UInt16, scope: UInt32 = 0) {
        guard let ip = IPAddress(octets: ip) else { return nil }
        self.init(ip, port: port, scope: scope)
    }

    /// The address of a text such as `127.0.0.1` or `::1` with a port, or nil where the text is no IP address.
    public init?(ip: String, port: UInt16, scope: UInt32 = 0) {
        guard let ip = IPAddress(ip) else { return nil }
        self.init(ip, port: port, scope: scope)
    }

    /// The Unix socket at `path`, or nil where the path is empty, has a zero byte, or is longer than `longestUnixPath`.
    public init?(unixPath path: String) {
        guard !path.isEmpty, path.utf8.count <= Self.longestUnixPath, !path.utf8.contains(0) else { return nil }
        self.place = .unix(path: path)
    }

    /// The kind of socket that the address belongs to.
    public var family: Family {
        switch self.place {
        case .ip(.v4, _, _): .ipv4
        case .ip(.v6, _, _): .ipv6
        case .unix: .unix
        }
    }

    /// The IP address, or nil for a Unix socket.
    public var ip: IPAddress? {
        guard case .ip(let ip, _, _) = self.place else { return nil }
        return ip
    }

    /// The port, 0 for a Unix socket.
    public var port: UInt16 {
        guard case .ip(_, let port, _) = self.place else { return 0 }
        return port
    }

    /// The interface's index of a link-local IPv6 address, else 0.
    public var scope: UInt32 {
        guard case .ip(_, _, let scope) = self.place else { return 0 }
        return scope
    }

    /// The path of a Unix socket, or nil.
    public var unixPath: String? {
        guard case .unix(let path) = self.place else { return nil }
        return path
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:80`, `[::1]:80`, `[fe80::1%2]:80` or the path.
    public var description: String {
        switch self.place {
        case .ip(.v4(let ip), let port, _): "\(ip):\(port)"
        case .ip(.v6(let ip), let port, let scope): scope == 0 ? "[\(ip)]:\(port)" : "[\(ip)%\(scope)]:\(port)"
        case .unix(let path): path
        }
    }
}
