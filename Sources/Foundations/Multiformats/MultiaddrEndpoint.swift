/// Where a socket connects to or listens: the part of a multiaddr that an operating system understands.
public struct MultiaddrEndpoint: Hashable, Sendable {
    /// An address, or a name that must be resolved first.
    public enum Host: Hashable, Sendable {
        /// `zone` is the interface that a link-local IPv6 address belongs to (RFC 4007).
        case ip(IPAddress, zone: String? = nil)
        case name(String, family: Family)
    }

    /// The addresses that a name may resolve to.
    public enum Family: Hashable, Sendable {
        case any, ip4, ip6
    }

    /// The transport protocol that the port is one of.
    public enum Transport: Hashable, Sendable {
        case tcp, udp
    }

    /// The address or name of the machine.
    public let host: Host
    /// The transport protocol.
    public let transport: Transport
    /// The port, 0 where the system chooses one.
    public let port: UInt16

    /// The endpoint with these parts.
    public init(_ host: Host, _ transport: Transport, port: UInt16) {
        self.host = host
        self.transport = transport
        self.port = port
    }
}

extension Multiaddr {
    /// The address of a TCP socket.
    public init(_ address: IPAddress, tcp port: UInt16) {
        self.init(checked: [.ip(address), .tcp(port)])
    }

    /// The address of a UDP socket.
    public init(_ address: IPAddress, udp port: UInt16) {
        self.init(checked: [.ip(address), .udp(port)])
    }

    /// The address of `endpoint`; it throws where a name or zone is none.
    public init(_ endpoint: MultiaddrEndpoint) throws(MultiaddrError) {
        var components: [MultiaddrComponent] = []
        switch endpoint.host {
        case .ip(let address, let zone):
            if let zone { components.append(try MultiaddrComponent(.ip6zone, zone)) }
            components.append(.ip(address))
        case .name(let name, .any): components.append(try MultiaddrComponent(.dns, name))
        case .name(let name, .ip4): components.append(try MultiaddrComponent(.dns4, name))
        case .name(let name, .ip6): components.append(try MultiaddrComponent(.dns6, name))
        }
        components.append(endpoint.transport == .tcp ? .tcp(endpoint.port) : .udp(endpoint.port))
        try self.init(components)
    }

    /// The endpoint that the address begins with, whatever follows; nil where it does not begin with a host and a port of
    /// TCP or UDP. A `/dnsaddr` stands for other addresses and is no host.
    public var endpoint: MultiaddrEndpoint? {
        var components = self.components[...]
        let zone = components.first?.protocol == .ip6zone ? components.removeFirst().text : nil
        guard let host = components.popFirst()?.host(zone: zone), let socket = components.first,
            let port = socket.port
        else { return nil }
        switch socket.protocol {
        case .tcp: return MultiaddrEndpoint(host, .tcp, port: port)
        case .udp: return MultiaddrEndpoint(host, .udp, port: port)
        default: return nil
        }
    }

    /// The first IP address.
    public var ipAddress: IPAddress? { self.first { component, _ in component.ipAddress != nil }?.ipAddress }

    /// The first port of TCP.
    public var tcpPort: UInt16? { self.first(.tcp)?.port }

    /// The first port of UDP.
    public var udpPort: UInt16? { self.first(.udp)?.port }
}

extension MultiaddrComponent {
    /// The host that an address or a name is; a zone belongs to an IPv6 address alone.
    fileprivate func host(zone: String?) -> MultiaddrEndpoint.Host? {
        switch self.protocol {
        case .ip6: self.ipAddress.map { .ip($0, zone: zone) }
        case .ip4 where zone == nil: self.ipAddress.map { .ip($0) }
        case .dns where zone == nil: .name(self.text, family: .any)
        case .dns4 where zone == nil: .name(self.text, family: .ip4)
        case .dns6 where zone == nil: .name(self.text, family: .ip6)
        default: nil
        }
    }
}
