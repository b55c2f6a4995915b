import EventLoop
import Multiformats
import Testing
import Transport

/// A place within this machine where a connection is neither accepted nor refused: a listener that accepts nothing and
/// whose queue is full, for which the system drops what else comes.
struct BlackHole {
    let address: Multiaddr
    /// The address as it stands in messages.
    let place: String
    private let listener: Socket
    private let fillers: [Socket]

    /// Ends the test where the transport has no such place.
    init(_ subject: TransportSubject) throws {
        let ip: String
        switch subject {
        case .tcpOverIPv4: ip = "127.0.0.1"
        case .tcpOverIPv6: ip = "::1"
        case .memory: try Test.cancel("a dial in memory never waits")
        }
        let local = try #require(SocketAddress(ip: ip, port: 0))
        self.listener = try Socket.stream(local.family)
        try self.listener.bind(to: local)
        try self.listener.listen(backlog: 0)
        let bound = try #require(self.listener.localAddress)
        self.place = "\(bound)"
        self.address = try #require(Multiaddr(tcp: bound))
        // A backlog of 0 leaves room for one connection; those behind it keep asking in vain.
        self.fillers = try (0..<4).map { _ in
            let socket = try Socket.stream(local.family)
            _ = try socket.connect(to: bound)
            return socket
        }
    }

    func close() {
        for socket in self.fillers { socket.close() }
        self.listener.close()
    }
}
