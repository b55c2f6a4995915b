import Bytes
public import EventLoop
public import Multiformats
public import Transport

/// Connections over TCP: `/ip4/…/tcp/…` and `/ip6/…/tcp/…`.
///
/// Outgoing connections leave from the port of one of its own listeners where one fits.
public final class TCPTransport: Transport {
    private let configuration: TCPConfiguration
    private let listenPorts = ListenPorts()

    /// Makes a transport that neither listens nor dials yet.
    public init(_ configuration: TCPConfiguration = .init()) {
        self.configuration = configuration
    }

    public func canDial(_ address: Multiaddr) -> Bool {
        address.isTCPSocket && address.tcpPort != 0
    }

    public func canListen(on address: Multiaddr) -> Bool {
        address.isTCPSocket && !address.contains(.p2p)
    }

    public func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        let target = try address.tcpSocketAddress().unmapped
        guard target.port != 0 else {
            throw TransportError(.unsupportedAddress, "\(address) has no port to connect to")
        }
        let source = self.configuration.portReuse ? self.listenPorts.source(toReach: target) : nil
        let dial = LoopBound(
            TCPDial(loop, target: target, source: source, configuration: self.configuration), on: loop)
        let result = await withTaskCancellationHandler {
            await withHandover { handover in
                loop.execute { dial.value.begin(timeout: timeout, handover) }
            }
        } onCancel: {
            loop.execute { dial.value.finish(.failure(CancellationError())) }
        }
        return try result.get()
    }

    public func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        guard self.canListen(on: address) else {
            throw TransportError(.unsupportedAddress, "\(address) is not an IP address with a TCP port to listen on")
        }
        let requested = try address.tcpSocketAddress()
        let loop = loops.next()
        return try await loop.perform { [configuration, listenPorts] () throws(TransportError) -> TCPListener in
            try TCPListener(
                requested, on: loop, loops: loops, configuration: configuration, listenPorts: listenPorts,
                accept: accept)
        }
    }
}

extension SocketAddress {
    /// The IPv4 address where this is one in the form of IPv6: the connection is one of IPv4, and counts as such.
    fileprivate var unmapped: SocketAddress {
        self.ip.map { SocketAddress($0.unmapped, port: self.port, scope: self.scope) } ?? self
    }
}
