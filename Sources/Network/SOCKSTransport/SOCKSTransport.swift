import Bytes
public import EventLoop
public import Multiformats
import SOCKS5
public import TCPTransport
public import Transport

/// Outgoing connections through a SOCKS proxy such as Tor: `/onion3/…`, and with `SOCKSConfiguration.Scope.all` every address
/// of TCP, whose names the proxy looks up.
///
/// A swarm asks its transports in their order: this one stands in front of TCP. The remote address of a connection is the one
/// that was dialled, not the proxy's.
public final class SOCKSTransport: Transport {
    private let configuration: SOCKSConfiguration
    /// Connects to the proxy: from a port of its own, as that of a listener would tell the proxy which node this is.
    private let tcp: TCPTransport

    /// Makes a transport that dials through the proxy of `configuration`.
    public init(_ configuration: SOCKSConfiguration, tcp: TCPConfiguration = .init()) {
        self.configuration = configuration
        var tcp = tcp
        tcp.portReuse = false
        self.tcp = TCPTransport(tcp)
    }

    public var route: ConnectionRoute { .proxied }

    /// With `Scope.all` it is every address of TCP, also of those that a proxy cannot reach: nothing else may dial them.
    public func canDial(_ address: Multiaddr) -> Bool {
        if address.isOnionService { return true }
        guard self.configuration.scope == .all else { return false }
        return address.isTCPSocket || self.dialsNames(in: address)
    }

    public func canListen(on address: Multiaddr) -> Bool { false }

    public func dialsNames(in address: Multiaddr) -> Bool {
        self.configuration.scope == .all && AddressResolver.hasNames(address)
    }

    public func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        let destination = try Self.destination(of: address)
        let client: SOCKS5Client
        do throws(SOCKS5Error) {
            client = try SOCKS5Client(to: destination, credentials: self.configuration.credentials)
        } catch {
            throw TransportError(.unsupportedAddress, "\(address): \(error)")
        }
        let deadline = EventLoop.monotonicNow() + timeout
        let link = try await self.connectToProxy(on: loop, timeout: timeout)
        let dial = LoopBound(SOCKSDial(link, client, to: address, destination), on: loop)
        let result = await withTaskCancellationHandler {
            await withHandover { handover in
                loop.execute { dial.value.begin(until: deadline, timeout: timeout, handover) }
            }
        } onCancel: {
            loop.execute { dial.value.finish(.failure(CancellationError())) }
        }
        return try result.get()
    }

    public func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        throw TransportError(.unsupportedAddress, "\(address): a SOCKS proxy is not listened through")
    }

    private func connectToProxy(on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        let proxy = self.configuration.proxy
        guard let address = Multiaddr(tcp: proxy) else {
            throw TransportError(.unsupportedAddress, "\(proxy) is no address of a SOCKS proxy")
        }
        do {
            return try await self.tcp.dial(address, on: loop, timeout: timeout)
        } catch let error as TransportError {
            // What the proxy's own host says of itself says nothing of the peer's.
            throw TransportError(.proxyUnavailable, "the SOCKS proxy \(proxy) cannot be reached: \(error)")
        }
    }

    /// What the proxy is asked for.
    private static func destination(of address: Multiaddr) throws(TransportError) -> SOCKS5Destination {
        guard !address.contains(.dnsaddr) else {
            throw TransportError(
                .unsupportedAddress,
                "\(address): a SOCKS proxy does not look up /dnsaddr; give the address that it leads to")
        }
        if let onion = address.onionDestination { return onion }
        guard let place = address.withoutPeerID, place.components.count == 2, let endpoint = place.endpoint,
            endpoint.transport == .tcp, endpoint.port != 0
        else {
            throw TransportError(.unsupportedAddress, "\(address) is none that a SOCKS proxy can connect to")
        }
        switch endpoint.host {
        case .ip(let address, _): return SOCKS5Destination(.ip(address), port: endpoint.port)
        case .name(let name, _): return SOCKS5Destination(.name(name), port: endpoint.port)
        }
    }
}

extension Multiaddr {
    /// Whether this names a port of an onion service and nothing that runs over it.
    fileprivate var isOnionService: Bool { self.onionDestination != nil }

    /// The name and the port of an onion service of version 3, with which Tor is asked for it (Tor rend-spec-v3, "Onion
    /// addresses").
    fileprivate var onionDestination: SOCKS5Destination? {
        guard let components = self.withoutPeerID?.components, components.count == 1, let onion = components.first,
            onion.protocol == .onion3
        else { return nil }
        let parts = onion.text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]), port != 0 else { return nil }
        return SOCKS5Destination(.name("\(parts[0]).onion"), port: port)
    }
}
