// See SocketAddress+System.swift: each of these may be where the compiler finds the structures of addresses.
internal import CAres
internal import CUV
public import Multiformats

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A network interface of the host with its addresses.
public struct NetworkInterface: Hashable, Sendable {
    /// The system's name, such as `eth0`: the zone of its link-local addresses.
    public let name: String
    /// The addresses in the system's order.
    public let addresses: [IPAddress]

    public init(name: String, addresses: [IPAddress]) {
        self.name = name
        self.addresses = addresses
    }

    /// The interfaces that are up and have an address, in the system's order; none where the system does not tell.
    public static var all: [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var names: [String] = []
        var addresses: [String: [IPAddress]] = [:]
        for entry in sequence(first: first, next: { $0?.pointee.ifa_next }) {
            guard let entry = entry?.pointee, entry.ifa_flags & UInt32(IFF_UP) != 0,
                let name = entry.ifa_name.map({ String(cString: $0) }),
                let ip = entry.ifa_addr.flatMap({ SocketAddress(UnsafePointer($0)) })?.ip
            else { continue }
            if addresses[name] == nil { names.append(name) }
            addresses[name, default: []].append(ip)
        }
        return names.map { NetworkInterface(name: $0, addresses: addresses[$0] ?? []) }
    }

    /// The number by which sockets know the interface of this name, the scope of its link-local addresses; nil where there
    /// is no such interface.
    public static func index(named name: String) -> UInt32? {
        let index = if_nametoindex(name)
        return index == 0 ? nil : index
    }

    /// The name of the interface with this number, or nil.
    public static func name(index: UInt32) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { text in
            text.initialize(repeating: 0)
            guard if_indextoname(index, text.baseAddress) != nil else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
