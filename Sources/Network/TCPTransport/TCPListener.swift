import EventLoop
public import Multiformats
public import Transport

/// A TCP port that is listened on. It stops when it is closed, or dropped.
public final class TCPListener: TransportListener {
    public let address: Multiaddr
    private let acceptor: LoopBound<TCPAcceptor>
    private let listenPorts: ListenPorts
    private let portID: Int

    /// Begins to listen on `requested`. On the loop only.
    init(
        _ requested: SocketAddress, on loop: EventLoop, loops: EventLoopGroup, configuration: TCPConfiguration,
        listenPorts: ListenPorts, accept: @escaping @Sendable (RawLink) -> Void
    ) throws(TransportError) {
        let acceptor: TCPAcceptor
        let local: SocketAddress
        do throws(SocketError) {
            let socket = try Self.openSocket(requested, configuration)
            local = socket.localAddress ?? requested
            acceptor = try TCPAcceptor(
                socket, local: local, on: loop, loops: loops, configuration: configuration, accept: accept)
        } catch {
            // Whether it was bind or listen that failed tells a person nothing.
            throw TransportError(SocketError(operation: .listen, code: error.code, address: requested))
        }
        guard let address = Multiaddr(tcp: local) else {
            acceptor.close()
            throw TransportError(.unsupportedAddress, "\(requested) is not an IP address to listen on")
        }
        self.address = address
        self.acceptor = LoopBound(acceptor, on: loop)
        self.listenPorts = listenPorts
        self.portID = listenPorts.add(local)
    }

    public func close() async {
        self.listenPorts.remove(self.portID)
        let acceptor = self.acceptor
        await acceptor.loop.perform { acceptor.value.close() }
    }

    deinit {
        self.listenPorts.remove(self.portID)
        let acceptor = self.acceptor
        acceptor.loop.execute { acceptor.value.close() }
    }

    /// A socket that listens.
    ///
    /// A dialer can bind to the port of a listener only where both have SO_REUSEPORT, but two listeners that have it when
    /// they are bound share a port in silence, and each gets some of the connections. So the listener is bound without it,
    /// which fails where anybody listens there already, and gets it afterwards. What cannot be prevented: another program
    /// of the same user that asks for SO_REUSEPORT itself can then listen on the port, too.
    private static func openSocket(
        _ address: SocketAddress, _ configuration: TCPConfiguration
    ) throws(SocketError) -> Socket {
        let socket = try Socket.stream(address.family)
        do {
            // SO_REUSEADDR lets a node that starts again bind while connections of its last run time out. An accepted
            // socket has the options of its listener.
            try socket.setOptions([.reuseAddress(true)] + configuration.connectionOptions)
            if address.family == .ipv6 { try socket.setOption(.ipv6Only(true)) }
            try socket.bind(to: address)
            try socket.listen(backlog: configuration.backlog)
            if configuration.portReuse { try socket.setOption(.reusePort(true)) }
            return socket
        } catch {
            socket.close()
            throw error
        }
    }
}
