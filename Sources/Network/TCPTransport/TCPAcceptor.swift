import Bytes
import EventLoop
import Multiformats
import Telemetry
import Transport

/// Takes the connections of a listening socket, confined to its loop.
final class TCPAcceptor {
    /// At most this many connections are accepted before other sockets of the loop have their turn.
    static let batchSize = 16
    /// Where the system has no descriptor left, the connections wait this long in its own queue until the next try.
    static let pause = Duration.milliseconds(100)
    /// The log is told of it this often at most.
    static let warningInterval = Duration.seconds(10)

    private unowned let loop: EventLoop
    private let loops: EventLoopGroup
    private let socket: Socket
    private let local: SocketAddress
    /// The local address of every connection, or nil where the socket listens on all addresses.
    private let localAddress: Multiaddr?
    private let configuration: TCPConfiguration
    private let accept: (RawLink) -> Void
    private var poller: SocketPoller?
    private var timer: LoopTimer?
    private var isClosed = false
    private var lastWarning: Instant?

    /// Begins to accept; takes over `socket`, and closes it also where it throws. On the loop only.
    init(
        _ socket: Socket, local: SocketAddress, on loop: EventLoop, loops: EventLoopGroup,
        configuration: TCPConfiguration, accept: @escaping (RawLink) -> Void
    ) throws(SocketError) {
        self.loop = loop
        self.loops = loops
        self.socket = socket
        self.local = local
        self.localAddress = local.ip?.isUnspecified == true ? nil : Multiaddr(tcp: local)
        self.configuration = configuration
        self.accept = accept
        do {
            self.poller = try SocketPoller(loop, descriptor: socket.descriptor, handler: self)
        } catch {
            socket.close()
            throw error
        }
        self.timer = LoopTimer(loop) { [unowned self] in self.poller?.update(reading: true, writing: false) }
        self.poller?.update(reading: true, writing: false)
    }

    /// Stops; connections that were not accepted are closed by the system.
    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.poller?.close()
        self.poller = nil
        self.timer?.close()
        self.timer = nil
        self.socket.close()
    }

    private func acceptBatch() {
        for _ in 0..<Self.batchSize {
            // A link's receiver may close the listener.
            guard !self.isClosed else { return }
            switch self.socket.accept() {
            case .accepted(let connection, let remote): self.handOver(connection, from: remote)
            case .wouldBlock: return
            // The peer was gone before its turn came; on Linux an error of the network counts as that, too (accept(2)).
            case .failed(let error) where error.cause == .connectionLost || error.cause == .unreachable: continue
            case .failed(let error): return self.pause(because: "\(error)")
            }
        }
    }

    private func handOver(_ connection: Socket, from remote: SocketAddress?) {
        guard let remote, let remoteAddress = Multiaddr(tcp: remote),
            let localAddress = self.localAddress ?? connection.localAddress.flatMap({ Multiaddr(tcp: $0) })
        else { return connection.close() }
        self.configuration.prepare(connection, for: remote)
        self.accept(
            RawLink(
                descriptor: connection.descriptor, loop: self.loops.next(), localAddress: localAddress,
                remoteAddress: remoteAddress))
    }

    /// The socket stays readable while connections wait for a descriptor: to watch it would keep the loop busy in vain.
    private func pause(because reason: String) {
        self.poller?.update(reading: false, writing: false)
        self.timer?.schedule(at: self.loop.now + Self.pause)
        if let last = self.lastWarning, self.loop.now - last < Self.warningInterval { return }
        self.lastWarning = self.loop.now
        Log("tcp").warning("connections have to wait", ["address": self.local, "reason": reason])
    }
}

extension TCPAcceptor: SocketEventHandler {
    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        self.acceptBatch()
        if failed, !self.isClosed { self.pause(because: "the listening socket has an error") }
    }
}
