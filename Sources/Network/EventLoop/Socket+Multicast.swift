// See SocketAddress+System.swift: each of these may be where the compiler finds the structures of addresses.
internal import CAres
internal import CUV
public import Multiformats

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Socket {
    /// Receives what is sent to `group` on the interface with this number.
    public func joinMulticast(_ group: IPAddress, interface: UInt32) throws(SocketError) {
        try self.setMembership(group, interface, IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP)
    }

    /// Receives it no longer.
    public func leaveMulticast(_ group: IPAddress, interface: UInt32) throws(SocketError) {
        try self.setMembership(group, interface, IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP)
    }

    /// How what this socket sends to groups leaves the host.
    public struct MulticastOptions: Hashable, Sendable {
        /// The number of the interface that it leaves by.
        public var interface: UInt32
        /// How many hops it may take (IP_MULTICAST_TTL): 1 stays on the link.
        public var hops: UInt8
        /// Whether sockets of this host that joined the group receive it, too.
        public var loop: Bool

        /// All three of them.
        public init(interface: UInt32, hops: UInt8, loop: Bool) {
            self.interface = interface
            self.hops = hops
            self.loop = loop
        }
    }

    /// Says how what is sent to groups of this family leaves the host, and on Linux that only what is sent to a group on an
    /// interface where this very socket joined it is received: the default is every group that any program joined.
    public func setMulticast(
        _ options: MulticastOptions, _ family: SocketAddress.Family
    ) throws(SocketError) {
        if family == .ipv6 {
            let level = Int32(IPPROTO_IPV6)
            try self.setValue(level, IPV6_MULTICAST_IF, Int32(bitPattern: options.interface))
            try self.setValue(level, IPV6_MULTICAST_HOPS, Int32(options.hops))
            try self.setValue(level, IPV6_MULTICAST_LOOP, Int32(options.loop ? 1 : 0))
        } else {
            let level = Int32(IPPROTO_IP)
            var membership = ip_mreqn()
            membership.imr_ifindex = Int32(bitPattern: options.interface)
            try self.setValue(level, IP_MULTICAST_IF, membership)
            try self.setValue(level, IP_MULTICAST_TTL, options.hops)
            try self.setValue(level, IP_MULTICAST_LOOP, UInt8(options.loop ? 1 : 0))
            #if !canImport(Darwin)
                try self.setValue(level, IP_MULTICAST_ALL, Int32(0))
            #endif
        }
    }

    private func setMembership(
        _ group: IPAddress, _ interface: UInt32, _ ipv4Name: Int32, _ ipv6Name: Int32
    ) throws(SocketError) {
        do {
            switch group {
            case .v4(let ip):
                var membership = ip_mreqn()
                membership.imr_multiaddr = in_addr(s_addr: ip.rawValue.bigEndian)
                membership.imr_ifindex = Int32(bitPattern: interface)
                try self.setValue(Int32(IPPROTO_IP), ipv4Name, membership)
            case .v6(let ip):
                var membership = ipv6_mreq()
                withUnsafeMutableBytes(of: &membership.ipv6mr_multiaddr) { $0.copyBytes(from: ip.octets) }
                membership.ipv6mr_interface = numericCast(interface)
                try self.setValue(Int32(IPPROTO_IPV6), ipv6Name, membership)
            }
        } catch {
            throw SocketError(operation: .joinGroup, code: error.code, address: SocketAddress(group, port: 0))
        }
    }

    private func setValue<Value>(_ level: Int32, _ name: Int32, _ value: Value) throws(SocketError) {
        let code = withUnsafeBytes(of: value) {
            setsockopt(self.descriptor, level, name, $0.baseAddress, socklen_t($0.count))
        }
        guard code == 0 else { throw SocketError(operation: .setOption, code: errno) }
    }
}
