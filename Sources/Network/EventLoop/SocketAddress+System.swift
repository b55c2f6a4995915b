// The C modules all include the headers of sockets, and whichever the compiler reads first counts as where a structure's
// members come from; so all of them are imported here.
internal import CAres
internal import CUV
internal import Multiformats

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

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
        case .ip(.v4(let ip), let port, _):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = in_addr(s_addr: ip.rawValue.bigEndian)
            return call(address)
        case .ip(.v6(let ip), let port, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: ip.octets) }
            address.sin6_scope_id = scope
            return call(address)
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

    /// The address behind `pointer`, whose memory is as long as its family says, or nil where it is of another kind.
    init?(_ pointer: UnsafePointer<sockaddr>) {
        let length =
            switch Int32(pointer.pointee.sa_family) {
            case AF_INET: MemoryLayout<sockaddr_in>.size
            case AF_INET6: MemoryLayout<sockaddr_in6>.size
            default: 0
            }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: length))
        }
        self.init(storage)
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

extension IPAddress {
    init(_ address: in_addr) {
        self = .v4(IPv4Address(rawValue: UInt32(bigEndian: address.s_addr)))
    }

    init(_ address: in6_addr) {
        let (high, low) = withUnsafeBytes(of: address) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self = .v6(IPv6Address(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low)))
    }
}
