import Bytes
import EventLoop
import Multiformats
import Transport

/// One attempt to connect, confined to its loop: from a listener's port where there is one that fits, else, or where that
/// is taken, from a port that the system chooses.
final class TCPDial {
    private unowned let loop: EventLoop
    private let target: SocketAddress
    private let configuration: TCPConfiguration
    /// Where to leave from; nil lets the system choose.
    private var source: SocketAddress?
    private var socket: Socket?
    private var poller: SocketPoller?
    private var timer: LoopTimer?
    private var caller: Handover<Result<RawLink, any Error>>?
    private var result: Result<RawLink, any Error>?

    init(_ loop: EventLoop, target: SocketAddress, source: SocketAddress?, configuration: TCPConfiguration) {
        self.loop = loop
        self.target = target
        self.source = source
        self.configuration = configuration
    }

    /// Connects, and tells `caller` how it went; an attempt that was cancelled before ends at once.
    func begin(timeout: Duration, _ caller: Handover<Result<RawLink, any Error>>) {
        if let result = self.result { return caller.give(result) }
        self.caller = caller
        let timer = LoopTimer(self.loop, whenLoopEnds: { [unowned self] in self.loopEnded() }) { [unowned self] in
            self.finish(
                .failure(TransportError(.timedOut, "connect to \(self.target): no answer within \(timeout)")))
        }
        timer.schedule(at: self.loop.now + timeout)
        self.timer = timer
        self.connect()
    }

    /// Gives the result to whoever waits, the first time, and lets go of what is not part of it.
    func finish(_ result: Result<RawLink, any Error>) {
        guard self.result == nil else { return }
        self.timer?.close()
        self.timer = nil
        self.closeSocket()
        self.caller?.give(result)
        self.caller = nil
        // A link is its receiver's alone: dropped there, it closes its socket.
        self.result = .failure(CancellationError())
    }

    private func loopEnded() {
        self.finish(.failure(TransportError(.failed, "connect to \(self.target): the event loop has ended")))
    }

    // MARK: The socket

    private func connect() {
        do throws(SocketError) {
            let socket = try Socket.stream(self.target.family)
            self.socket = socket
            try socket.setOptions(self.configuration.connectionOptions)
            self.configuration.prepare(socket, for: self.target)
            if let source = self.source {
                try socket.setOptions([.reuseAddress(true), .reusePort(true)])
                // Otherwise whoever has the port for IPv4 is in the way.
                if source.family == .ipv6 { try socket.setOption(.ipv6Only(true)) }
                try socket.bind(to: source)
            }
            switch try socket.connect(to: self.target) {
            case .connected:
                self.connected(socket)
            case .inProgress:
                let poller = try SocketPoller(self.loop, descriptor: socket.descriptor, handler: self)
                poller.update(reading: false, writing: true)
                self.poller = poller
            }
        } catch {
            self.failed(error)
        }
    }

    private func failed(_ error: SocketError) {
        let isTaken = error.cause == .addressInUse || error.cause == .addressNotAvailable
        if self.source != nil, isTaken {
            self.connectFromAnyPort()
        } else {
            self.finish(.failure(TransportError(error)))
        }
    }

    private func connectFromAnyPort() {
        self.source = nil
        self.closeSocket()
        self.connect()
    }

    private func connected(_ socket: Socket) {
        guard let local = socket.localAddress, let localAddress = Multiaddr(tcp: local),
            let remote = socket.peerAddress, let remoteAddress = Multiaddr(tcp: remote)
        else {
            return self.finish(
                .failure(TransportError(.failed, "connect to \(self.target): the peer closed the connection at once")))
        }
        // A socket that leaves from the port it connects to meets itself (RFC 9293, section 3.5, "simultaneous open").
        guard local != remote else {
            if self.source != nil { return self.connectFromAnyPort() }
            return self.finish(.failure(TransportError(.refused, "connect to \(self.target): nobody listens there")))
        }
        self.releaseSocket()
        self.finish(
            .success(
                RawLink(
                    descriptor: socket.descriptor, loop: self.loop, localAddress: localAddress,
                    remoteAddress: remoteAddress)))
    }

    private func releaseSocket() {
        self.poller?.close()
        self.poller = nil
        self.socket = nil
    }

    private func closeSocket() {
        let socket = self.socket
        self.releaseSocket()
        socket?.close()
    }
}

extension TCPDial: SocketEventHandler {
    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        guard let socket = self.socket else { return }
        if let error = socket.connectError(to: self.target) {
            self.failed(error)
        } else {
            self.connected(socket)
        }
    }
}
