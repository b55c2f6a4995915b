/// A datagram socket that an event loop watches, confined to it; it may be dropped on any thread, which closes it.
///
/// What is sent is sent at once or not at all: a datagram may be lost on any way, so none waits here.
public final class DatagramSocket {
    /// How many datagrams a wake-up receives before other sockets of the loop have their turn.
    static let receivesPerWakeUp = 16

    private let core: DatagramCore
    private let loop: EventLoop

    /// Watches `socket`, which it closes in the end, and gives each datagram of at most `largest` bytes to `handler`, with
    /// its sender; the memory is valid only for the call. On the loop only; on an error the socket is closed.
    public init(
        _ socket: Socket, on loop: EventLoop, largest: Int,
        handler: @escaping (UnsafeRawBufferPointer, SocketAddress) -> Void
    ) throws(SocketError) {
        self.loop = loop
        self.core = DatagramCore(socket, largest: largest, handler: handler)
        try self.core.start(on: loop)
    }

    /// The socket's own address.
    public var localAddress: SocketAddress? { self.core.socket.localAddress }

    /// Sends one datagram; throws where the system did not take it.
    public func send(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) throws(SocketError) {
        try self.core.socket.sendDatagram(bytes, to: address)
    }

    /// Ends the callbacks and closes the socket.
    public func close() { self.core.close() }

    deinit {
        guard !self.loop.isCurrent else { return self.core.close() }
        let core = LoopBound(self.core, on: self.loop)
        self.loop.execute { core.value.close() }
    }
}

/// What the poller keeps, apart from what its owner drops.
private final class DatagramCore: SocketEventHandler {
    let socket: Socket
    private let largest: Int
    private var handler: ((UnsafeRawBufferPointer, SocketAddress) -> Void)?
    private var poller: SocketPoller?
    private var isClosed = false

    init(_ socket: Socket, largest: Int, handler: @escaping (UnsafeRawBufferPointer, SocketAddress) -> Void) {
        self.socket = socket
        self.largest = largest
        self.handler = handler
    }

    func start(on loop: EventLoop) throws(SocketError) {
        do {
            let poller = try SocketPoller(loop, descriptor: self.socket.descriptor, handler: self)
            poller.update(reading: true, writing: false)
            self.poller = poller
        } catch {
            self.close()
            throw error
        }
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        // An idle socket holds no buffer. One byte more than the largest datagram tells one that is larger.
        withUnsafeTemporaryAllocation(byteCount: self.largest + 1, alignment: 1) { buffer in
            for _ in 0..<DatagramSocket.receivesPerWakeUp {
                guard let handler = self.handler else { return }
                switch self.socket.receiveDatagram(into: buffer) {
                case .datagram(let count, let address?) where count <= self.largest:
                    handler(UnsafeRawBufferPointer(rebasing: buffer[..<count]), address)
                case .datagram, .tooLong: continue
                // An error is that of one datagram sent before; reading took it away.
                case .failed: continue
                case .wouldBlock: return
                }
            }
        }
        if failed, !self.isClosed {
            _ = self.socket.takeError()
            self.poller?.update(reading: true, writing: false)
        }
    }

    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.handler = nil
        self.poller?.close()
        self.poller = nil
        self.socket.close()
    }
}
