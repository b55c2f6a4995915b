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

    private enum Place: Hashable, Sendable {
        case ip(IPAddress, port: UInt16, scope: UInt32)
        case unix(path: String)
    }

    /// The longest path that a Unix socket can have, in bytes.
    public static let longestUnixPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private let place: Place

    /// An IP address with a port; `scope` is the interface's index, for link-local IPv6.
    public init(_ ip: IPAddress, port: UInt16, scope: UInt32 = 0) {
        self.place = .ip(ip, port: port, scope: ip.family == .ipv6 ? scope : 0)
    }

    /// The address of 4 or 16 bytes in network order with a port, or nil for any other count.
    public init?(ip: some Collection<UInt8>, port: UInt16, scope: UInt32 = 0) {
        guard let ip = IPAddress(ip) else { return nil }
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
        case .ip(let ip, _, _): ip.family == .ipv4 ? .ipv4 : .ipv6
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
        case .ip(let ip, let port, let scope):
            switch ip.family {
            case .ipv4: "\(ip):\(port)"
            case .ipv6: scope == 0 ? "[\(ip)]:\(port)" : "[\(ip)%\(scope)]:\(port)"
            }
        case .unix(let path): path
        }
    }
}

// MARK: - The system's form

extension SocketAddress.Family {
    var domain: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }
}

extension SocketAddress {
    /// Lets `body` read the address in the system's form.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        func call<Address>(_ address: Address) -> Result {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        switch self.place {
        case .ip(let ip, let port, let scope):
            switch ip.family {
            case .ipv4:
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr = ip.v4
                return call(address)
            case .ipv6:
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = ip.v6
                address.sin6_scope_id = scope
                return call(address)
            }
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return call(address)
        }
    }

    /// The address in the system's form, or nil where it is of another kind, or a Unix socket without a path.
    init?(_ storage: sockaddr_storage) {
        func read<Address>(_: Address.Type) -> Address {
            withUnsafeBytes(of: storage) { $0.loadUnaligned(as: Address.self) }
        }
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = read(sockaddr_in.self)
            self.init(IPAddress(address.sin_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = read(sockaddr_in6.self)
            self.init(
                IPAddress(address.sin6_addr), port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
        case AF_UNIX:
            let path = withUnsafeBytes(of: read(sockaddr_un.self).sun_path) { Array($0.prefix { $0 != 0 }) }
            self.init(unixPath: String(decoding: path, as: UTF8.self))
        default:
            return nil
        }
    }

    /// Calls `body` with memory for an address that the system fills, and reads it if `body` answers 0 or more.
    static func filled(by body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32) -> (
        code: Int32, address: SocketAddress?
    ) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
        return (code, code >= 0 ? SocketAddress(storage) : nil)
    }
}
