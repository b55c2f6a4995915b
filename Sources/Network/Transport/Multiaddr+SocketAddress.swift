public import EventLoop
public import Multiformats

extension Multiaddr {
    /// Whether this names a TCP socket and nothing that runs over it: an IP address and `/tcp`, at most with the peer
    /// behind them.
    public var isTCPSocket: Bool { self.tcpEndpoint != nil }

    /// The TCP socket that the address names. Throws where it names something else, or a zone that this host has not.
    public func tcpSocketAddress() throws(TransportError) -> SocketAddress {
        guard let endpoint = self.tcpEndpoint, case .ip(let ip, let zone) = endpoint.host else {
            throw TransportError(.unsupportedAddress, "\(self) is not an IP address with a TCP port")
        }
        guard let zone else { return SocketAddress(ip, port: endpoint.port) }
        guard let scope = NetworkInterface.index(named: zone) else {
            throw TransportError(.unsupportedAddress, "\(self): there is no network interface \(zone)")
        }
        return SocketAddress(ip, port: endpoint.port, scope: scope)
    }

    /// The address of a TCP socket; nil for a Unix socket.
    public init?(tcp address: SocketAddress) {
        guard let ip = address.ip else { return nil }
        let zone = address.scope == 0 ? nil : NetworkInterface.name(index: address.scope)
        if zone != nil, let zoned = try? Multiaddr(MultiaddrEndpoint(.ip(ip, zone: zone), .tcp, port: address.port)) {
            self = zoned
        } else {
            self.init(ip, tcp: address.port)
        }
    }

    private var tcpEndpoint: MultiaddrEndpoint? {
        guard let address = self.withoutPeerID, let endpoint = address.endpoint, endpoint.transport == .tcp,
            case .ip(_, let zone) = endpoint.host, address.components.count == (zone == nil ? 2 : 3)
        else { return nil }
        return endpoint
    }
}
