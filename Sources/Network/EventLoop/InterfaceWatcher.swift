internal import Bytes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Tells when the interfaces of the host or their addresses change; confined to its loop.
///
/// On Linux the kernel says when to look (netlink), elsewhere it looks every few seconds. It may be dropped on any thread,
/// which ends it.
public final class InterfaceWatcher {
    /// After a change the interfaces are looked at so much later, once for all that changes meanwhile: a flood of changes
    /// costs no more than ten looks a second.
    static let settlingTime: Duration = .milliseconds(100)
    /// How often they are looked at where nobody says when.
    static let lookInterval: Duration = .seconds(5)

    private let core: InterfaceWatch

    /// Calls `handler` on the loop after each change, with the interfaces as they are then; the first call is for what
    /// changes after `interfaces` was read. On the loop only.
    public init(_ loop: EventLoop, handler: @escaping ([NetworkInterface]) -> Void) throws(SocketError) {
        self.core = InterfaceWatch(loop, handler: handler)
        try self.core.start()
    }

    /// The interfaces as they were last looked at.
    public var interfaces: [NetworkInterface] { self.core.interfaces }

    /// Ends the callbacks.
    public func close() { self.core.close() }

    deinit {
        let loop = self.core.loop
        guard !loop.isCurrent else { return self.core.close() }
        let core = LoopBound(self.core, on: loop)
        loop.execute { core.value.close() }
    }
}

private final class InterfaceWatch: SocketEventHandler {
    let loop: EventLoop
    private(set) var interfaces = NetworkInterface.all
    private var handler: (([NetworkInterface]) -> Void)?
    private var timer: LoopTimer?
    private var socket: Socket?
    private var poller: SocketPoller?

    init(_ loop: EventLoop, handler: @escaping ([NetworkInterface]) -> Void) {
        self.loop = loop
        self.handler = handler
    }

    func start() throws(SocketError) {
        self.timer = LoopTimer(self.loop) { [unowned self] in self.look() }
        #if canImport(Darwin)
            self.lookSoon(after: InterfaceWatcher.lookInterval)
        #else
            do {
                let socket = try Self.routeSocket()
                self.socket = socket
                let poller = try SocketPoller(self.loop, descriptor: socket.descriptor, handler: self)
                poller.update(reading: true, writing: false)
                self.poller = poller
            } catch {
                self.close()
                throw SocketError(operation: .watchInterfaces, code: error.code)
            }
            // What changed between the first look and the socket was not told.
            self.interfaces = NetworkInterface.all
        #endif
    }

    func close() {
        self.handler = nil
        self.timer?.close()
        self.timer = nil
        self.poller?.close()
        self.poller = nil
        self.socket?.close()
        self.socket = nil
    }

    private func lookSoon(after delay: Duration) {
        guard let timer = self.timer, timer.deadline == nil else { return }
        timer.schedule(at: self.loop.now + delay)
    }

    private func look() {
        #if canImport(Darwin)
            self.lookSoon(after: InterfaceWatcher.lookInterval)
        #endif
        let found = NetworkInterface.all
        guard found != self.interfaces else { return }
        self.interfaces = found
        self.handler?(found)
    }

    // MARK: The kernel's messages

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        guard let socket = self.socket else { return }
        withUnsafeTemporaryAllocation(byteCount: RouteMessages.largestDatagram, alignment: 4) { buffer in
            for _ in 0..<DatagramSocket.receivesPerWakeUp {
                switch socket.receive(into: buffer) {
                case .bytes(let count):
                    let datagram = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    if !RouteMessages.changes(in: datagram).isEmpty { self.changed() }
                case .endOfStream, .wouldBlock: return
                // ENOBUFS: messages were lost.
                case .failed: self.changed()
                }
            }
        }
        if failed {
            _ = socket.takeError()
            self.changed()
            self.poller?.update(reading: true, writing: false)
        }
    }

    private func changed() { self.lookSoon(after: InterfaceWatcher.settlingTime) }

    #if !canImport(Darwin)
        /// struct sockaddr_nl, which the C library does not show, as long as a struct sockaddr.
        private struct RouteAddress {
            var family = UInt16(AF_NETLINK)
            var padding: UInt16 = 0
            var port: UInt32 = 0
            var groups: UInt32 = RouteMessages.groups
            var rest: UInt32 = 0
        }

        private static func routeSocket() throws(SocketError) -> Socket {
            let descriptor = SystemCalls.openRouteMessages()
            guard descriptor >= 0 else { throw SocketError(operation: .open, code: errno) }
            let code = withUnsafeBytes(of: RouteAddress()) { address in
                address.withMemoryRebound(to: sockaddr.self) { rebound in
                    rebound.baseAddress.map {
                        SystemCalls.bindAddress(descriptor, $0, socklen_t(address.count))
                    } ?? -1
                }
            }
            guard code == 0 else {
                let error = SocketError(operation: .bind, code: errno)
                SystemCalls.closeDescriptor(descriptor)
                throw error
            }
            return Socket(descriptor: descriptor)
        }
    #endif
}
