import EventLoop
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopPollerTests {
    @Test func `a poller tells what can be read and what can be written, and only what was asked for`() async throws {
        let loop = EventLoop(index: 0)
        let (ours, theirs) = try Socket.pair()
        let probe = await loop.perform { LoopBound(SocketProbe(loop, ours), on: loop) }

        // A new socket has room to write and nothing to read.
        try await loop.perform { try probe.value.start(reading: true, writing: true) }
        await Self.wait(loop, probe) { $0.writableEvents > 0 }
        #expect(await loop.perform { probe.value.readableEvents } == 0)

        await loop.perform { probe.value.update(reading: true, writing: false) }
        #expect(theirs.send(text: "ping") == .bytes(4))
        let writable = await loop.perform { probe.value.writableEvents }
        await Self.wait(loop, probe) { $0.received.count == 4 }
        #expect(await loop.perform { probe.value.received } == Array("ping".utf8))
        #expect(await loop.perform { probe.value.writableEvents } == writable)

        // Not asked, nothing is told: the bytes wait until it is asked again.
        await loop.perform { probe.value.update(reading: false, writing: false) }
        #expect(theirs.send(text: "more") == .bytes(4))
        await loop.perform {}
        await loop.perform {}
        #expect(await loop.perform { probe.value.received.count } == 4)
        await loop.perform { probe.value.update(reading: true, writing: false) }
        await Self.wait(loop, probe) { $0.received.count == 8 }

        theirs.close()
        await Self.wait(loop, probe) { $0.end == .endOfStream }
        await loop.perform { probe.value.close() }
        await loop.stop()
    }

    @Test(arguments: 0..<10) func `bytes that came before a reset are all read`(run: Int) async throws {
        let loop = EventLoop(index: 0)
        let (ours, theirs) = try Self.connectedPair()
        let probe = await loop.perform { LoopBound(SocketProbe(loop, ours, readSize: 1000), on: loop) }
        try await loop.perform { try probe.value.start(reading: true, writing: run % 2 == 0) }

        // 1,000 bytes a wake-up are far behind when the reset arrives.
        // A pattern whose length is prime shows a byte that is lost or doubled.
        let pattern = (0..<251).map { UInt8(truncatingIfNeeded: $0 &+ run) }
        var bytes: [UInt8] = []
        for _ in 0..<200 { bytes.append(contentsOf: pattern) }
        #expect(bytes.withUnsafeBytes { theirs.send($0) } == .bytes(bytes.count))
        try theirs.setOption(.linger(.zero))
        theirs.close()

        await Self.wait(loop, probe) { $0.end != nil }
        let (received, end, failures) = await loop.perform {
            (probe.value.received, probe.value.end, probe.value.failedEvents)
        }
        #expect(received == bytes)
        guard case .failed = end else {
            Issue.record("the stream ended with \(String(describing: end)), not with a reset")
            return
        }
        #expect(failures > 0)
        await loop.perform { probe.value.close() }
        await loop.stop()
    }

    @Test func `a handler may close its poller, and is let go`() async throws {
        let loop = EventLoop(index: 0)
        let (ours, theirs) = try Socket.pair()
        #expect(theirs.send(text: "x") == .bytes(1))
        let weakly = await loop.perform { LoopBound(WeakProbe(), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                let probe = SocketProbe(loop, ours)
                weakly.value.probe = probe
                probe.whenReady = { [unowned probe] in
                    probe.close()
                    done.resume()
                }
                #expect(throws: Never.self) { try probe.start(reading: true, writing: false) }
            }
        }
        #expect(await loop.perform { weakly.value.probe == nil })
        theirs.close()
        await loop.stop()
    }

    @Test func `a descriptor that cannot be polled is an error with a plain text`() async {
        let loop = EventLoop(index: 0)
        await loop.perform {
            let error = #expect(throws: SocketError.self) {
                try SocketProbe(loop, Socket(descriptor: 1_000_000)).start(reading: true, writing: false)
            }
            #expect(error?.description == "watch a socket: bad file descriptor")
        }
        await loop.stop()
    }

    @Test func `a connect in progress tells its end by writability`() async throws {
        let loop = EventLoop(index: 0)
        let listener = try Self.listener()
        let address = try #require(listener.localAddress)

        let socket = try Socket.stream(.ipv4)
        let probe = await loop.perform { LoopBound(SocketProbe(loop, socket), on: loop) }
        _ = try socket.connect(to: address)
        try await loop.perform { try probe.value.start(reading: false, writing: true) }
        await Self.wait(loop, probe) { $0.writableEvents > 0 }
        #expect(socket.connectError(to: address) == nil)
        #expect(socket.peerAddress == address)
        await loop.perform { probe.value.close() }

        listener.close()
        // Bound, so that nobody else listens on that port meanwhile.
        let silent = try Socket.stream(.ipv4)
        try silent.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        let nobody = try #require(silent.localAddress)
        let refused = try Socket.stream(.ipv4)
        let second = await loop.perform { LoopBound(SocketProbe(loop, refused, readSize: 0), on: loop) }
        _ = try refused.connect(to: nobody)
        try await loop.perform { try second.value.start(reading: false, writing: true) }
        await Self.wait(loop, second) { $0.writableEvents + $0.failedEvents > 0 }
        let error = refused.connectError(to: nobody)
        #expect(error?.description == "connect to \(nobody): connection refused")
        await loop.perform { second.value.close() }
        silent.close()
        await loop.stop()
    }

    @Test func `a signal reaches its watcher`() async throws {
        let loop = EventLoop(index: 0)
        let watchers = await loop.perform { LoopBound(WatcherBox(), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                watchers.value.watcher = try? SignalWatcher(loop, signal: .user1) { done.resume() }
                #expect(watchers.value.watcher != nil)
                sendUserSignal()
            }
        }
        await loop.perform { watchers.value.watcher?.close() }
        await loop.stop()
    }

    // MARK: Sockets to try it on

    /// Waits by ticks of the loop, not by time, until `condition` holds of the probe.
    private static func wait(
        _ loop: EventLoop, _ probe: LoopBound<SocketProbe>, until condition: @escaping @Sendable (SocketProbe) -> Bool
    ) async {
        await withCheckedContinuation { done in
            loop.execute {
                if condition(probe.value) { return done.resume() }
                probe.value.whenReady = {
                    guard condition(probe.value) else { return }
                    probe.value.whenReady = nil
                    done.resume()
                }
            }
        }
    }

    private static func listener() throws -> Socket {
        let listener = try Socket.stream(.ipv4)
        try listener.setOption(.reuseAddress(true))
        try listener.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        try listener.listen()
        return listener
    }

    private static func connectedPair() throws -> (Socket, Socket) {
        let listener = try Self.listener()
        defer { listener.close() }
        let client = try Socket.stream(.ipv4)
        _ = try client.connect(to: #require(listener.localAddress))
        guard case .accepted(let server, _) = listener.accept() else {
            throw SocketError(operation: .accept, code: 0)
        }
        return (client, server)
    }
}

private final class WeakProbe {
    weak var probe: SocketProbe?
}

private final class WatcherBox {
    var watcher: SignalWatcher?
}

/// Reads a socket as a connection would, and counts what it is told.
final class SocketProbe: SocketEventHandler {
    private let loop: EventLoop
    private let socket: Socket
    private let readSize: Int
    private var poller: SocketPoller?
    private(set) var readableEvents = 0
    private(set) var writableEvents = 0
    private(set) var failedEvents = 0
    private(set) var received: [UInt8] = []
    private(set) var end: Socket.TransferResult?
    var whenReady: (() -> Void)?

    /// `readSize` bytes are read a wake-up; none where it is 0.
    init(_ loop: EventLoop, _ socket: Socket, readSize: Int = 4096) {
        self.loop = loop
        self.socket = socket
        self.readSize = readSize
    }

    func start(reading: Bool, writing: Bool) throws(SocketError) {
        self.poller = try SocketPoller(self.loop, descriptor: self.socket.descriptor, handler: self)
        self.update(reading: reading, writing: writing)
    }

    func update(reading: Bool, writing: Bool) {
        self.poller?.update(reading: reading, writing: writing)
    }

    func close() {
        self.poller?.close()
        self.poller = nil
        self.socket.close()
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        self.loop.assertCurrent()
        if readable { self.readableEvents += 1 }
        if writable { self.writableEvents += 1 }
        if failed { self.failedEvents += 1 }
        if readable || failed, self.readSize > 0 {
            // After a failure the poller is silent: the rest must be read now.
            repeat {} while self.receiveOnce() && failed
        }
        if self.end != nil, !failed { self.update(reading: false, writing: false) }
        self.whenReady?()
    }

    private func receiveOnce() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: self.readSize, alignment: 1) { buffer in
            switch self.socket.receive(into: buffer) {
            case .bytes(let count):
                self.received.append(contentsOf: buffer.prefix(count))
                return true
            case .wouldBlock:
                return false
            case let end:
                self.end = end
                return false
            }
        }
    }
}

extension Socket {
    func send(text: String) -> TransferResult {
        Array(text.utf8).withUnsafeBytes { self.send($0) }
    }
}
