import Bytes
import EventLoop
import Multiformats
import TCPTransport
import Testing
import Transport

/// A SOCKS proxy that answers what a test wants, and after that is the destination itself.
final class ScriptedProxy: Sendable {
    /// What it says.
    struct Script: Sendable {
        /// One answer for each message of the client, in turn; it falls silent when they are used up.
        var answers: [[UInt8]] = [[5, 0], [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]]
        /// Whether each byte is sent by itself.
        var isFragmented = false
        /// Whether the connection ends behind the last answer.
        var closes = false
        /// Whether it only falls silent behind the last answer.
        var hangs = false
        /// What the destination says at once, together with the last answer.
        var behind: [UInt8] = []
        /// Whether there is a message with a user name.
        var authenticates = false
    }

    let address: SocketAddress
    private let listener: any TransportListener
    private let record: Locked<[[UInt8]]>

    /// The client's messages so far.
    var messages: [[UInt8]] { self.record.withLock { $0 } }

    private init(_ listener: any TransportListener, _ record: Locked<[[UInt8]]>) throws {
        self.address = try listener.address.tcpSocketAddress()
        self.listener = listener
        self.record = record
    }

    /// Listens on loopback; `connected` gets each socket that the script has come to the end of.
    static func start(
        on loops: EventLoopGroup, _ script: Script = Script(),
        connected: @escaping @Sendable (RawLink) -> Void = { _ in }
    ) async throws -> ScriptedProxy {
        let record = Locked<[[UInt8]]>([])
        let listener = try await TCPTransport().listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"), loops: loops) { link in
            link.loop.execute {
                guard let descriptor = link.takeDescriptor() else { return }
                let session = ProxySession(
                    Socket(descriptor: descriptor), link, script,
                    record: { message in record.withLock { $0.append(message) } },
                    connected: connected)
                try? session.begin()
            }
        }
        return try ScriptedProxy(listener, record)
    }

    func close() async { await self.listener.close() }
}

/// One client of a proxy, confined to its loop; its poller keeps it.
private final class ProxySession: SocketEventHandler {
    private let socket: Socket
    private let link: RawLink
    private let script: ScriptedProxy.Script
    private let record: ([UInt8]) -> Void
    private let connected: @Sendable (RawLink) -> Void
    private var poller: SocketPoller?
    private var input: [UInt8] = []
    private var answered = 0

    init(
        _ socket: Socket, _ link: RawLink, _ script: ScriptedProxy.Script, record: @escaping ([UInt8]) -> Void,
        connected: @escaping @Sendable (RawLink) -> Void
    ) {
        self.socket = socket
        self.link = link
        self.script = script
        self.record = record
        self.connected = connected
    }

    func begin() throws {
        self.poller = try SocketPoller(self.link.loop, descriptor: self.socket.descriptor, handler: self)
        self.poller?.update(reading: true, writing: false)
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1_024)
        switch buffer.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
        case .bytes(let count): self.input += buffer.prefix(count)
        case .wouldBlock: return
        case .endOfStream, .failed: return self.close()
        }
        while self.poller != nil, let size = self.messageSize, self.input.count >= size {
            self.record(Array(self.input.prefix(size)))
            self.input.removeFirst(size)
            self.answer()
        }
    }

    /// How long the client's next message is; nil while that is not known.
    private var messageSize: Int? {
        let input = self.input
        guard input.count >= 2 else { return nil }
        if self.answered == 0 { return 2 + Int(input[1]) }
        if self.answered == 1, self.script.authenticates {
            let password = 2 + Int(input[1])
            return input.count > password ? password + 1 + Int(input[password]) : nil
        }
        guard input.count >= 5 else { return nil }
        return switch input[3] {
        case 1: 10
        case 4: 22
        default: 5 + Int(input[4]) + 2
        }
    }

    private func answer() {
        guard self.script.answers.indices.contains(self.answered) else { return }
        let isLast = self.answered == self.script.answers.count - 1
        let bytes = self.script.answers[self.answered] + (isLast ? self.script.behind : [])
        self.answered += 1
        if self.script.isFragmented {
            self.sendOneByOne(bytes[...], isLast: isLast)
        } else {
            _ = bytes.withUnsafeBytes { self.socket.send($0) }
            if isLast { self.finish() }
        }
    }

    /// Each byte is a segment of its own, and the loop has its turn between two.
    private func sendOneByOne(_ bytes: ArraySlice<UInt8>, isLast: Bool) {
        guard let first = bytes.first else { return isLast ? self.finish() : () }
        _ = [first].withUnsafeBytes { self.socket.send($0) }
        let session = LoopBound(self, on: self.link.loop)
        self.link.loop.execute { session.value.sendOneByOne(bytes.dropFirst(), isLast: isLast) }
    }

    private func finish() {
        if self.script.closes { return self.close() }
        // A script that is over before the request was read falls silent, too.
        guard !self.script.hangs, self.answered >= (self.script.authenticates ? 3 : 2) else { return }
        self.poller?.close()
        self.poller = nil
        self.connected(
            RawLink(
                descriptor: self.socket.descriptor, loop: self.link.loop, localAddress: self.link.localAddress,
                remoteAddress: self.link.remoteAddress))
    }

    private func close() {
        guard let poller = self.poller else { return }
        poller.close()
        self.poller = nil
        self.socket.close()
    }
}
