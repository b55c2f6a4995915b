import Bytes
import Cryptography
import EventLoop
import Noise
import PeerIdentity
import Testing
import Transport
import Yamux

/// A peer that says whatever a test wants over a real TCP socket, byte by byte or as far as it likes to go by the rules.
final class HostilePeer: Sendable {
    private let loop: EventLoop
    private let socket: LoopBound<HostileSocket>

    /// How a socket ended.
    enum End: Hashable, Sendable {
        case finished
        case failed(Int32)
    }

    struct Gone: Error {
        let end: End
    }

    private init(_ socket: LoopBound<HostileSocket>) {
        self.loop = socket.loop
        self.socket = socket
    }

    /// Connects to a listener.
    static func connect(to address: SocketAddress, on loop: EventLoop) async throws -> HostilePeer {
        let bound = try await loop.perform { LoopBound(try HostileSocket(address, on: loop), on: loop) }
        return HostilePeer(bound)
    }

    /// Puts bytes behind those that wait to be sent.
    func send(_ bytes: [UInt8]) async {
        await self.loop.perform { [socket] in socket.value.send(bytes) }
    }

    /// Exactly `count` bytes; throws where the socket ends before.
    func read(_ count: Int) async throws -> [UInt8] {
        let result = await withHandover { reader in
            self.loop.execute { [socket] in socket.value.read(count) { reader.give($0) } }
        }
        return try result.get()
    }

    /// Reads on until the socket ends.
    func waitForEnd() async -> End {
        while true {
            do { _ = try await self.read(1) } catch let gone as Gone { return gone.end } catch { continue }
        }
    }

    /// Ends the sending half.
    func closeWrite() async {
        await self.loop.perform { [socket] in try? socket.value.socket.shutdownWrite() }
    }

    /// Resets the TCP connection.
    func reset() async {
        await self.loop.perform { [socket] in
            socket.value.close(lingering: .zero)
        }
    }

    func close() async {
        await self.loop.perform { [socket] in socket.value.close() }
    }

    /// Ends the socket in a while: where a defence should have ended it before, a test sees this end instead.
    func close(after patience: Duration = .seconds(10)) {
        _ = LoopDeadline(on: self.loop, at: EventLoop.monotonicNow() + patience) { [socket] in socket.value.close() }
    }

    /// From now on nothing is read, so that what is sent to this peer stays where it is.
    func stopReading() async {
        await self.loop.perform { [socket] in socket.value.stopReading() }
    }

    // MARK: The rules, as far as the test wants

    static let header = message("/multistream/1.0.0")
    static let noise = message("/noise")

    /// A multistream-select message.
    static func message(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count + 1)] + Array(text.utf8) + [0x0a]
    }

    static func frame(
        _ type: UInt8, flags: UInt16 = 0, stream: UInt32 = 0, value: UInt32 = 0, payload: [UInt8] = []
    ) -> [UInt8] {
        [0, type, UInt8(flags >> 8), UInt8(flags & 0xff)] + stream.bigEndianBytes + value.bigEndianBytes + payload
    }

    static func data(_ stream: UInt32, flags: UInt16 = 0, _ payload: [UInt8]) -> [UInt8] {
        self.frame(0, flags: flags, stream: stream, value: UInt32(payload.count), payload: payload)
    }

    /// The first handshake message, with its length.
    func beginNoise(
        muxers: [String] = ["/yamux/1.0.0"], identity: PrivateKey? = nil
    ) async throws -> [UInt8] {
        try await self.loop.perform { [socket] in
            try socket.value.beginNoise(muxers: muxers, identity: identity ?? PrivateKey.generate(.ed25519))
        }
    }

    /// Goes through the handshake by the rules, up to the muxer.
    func secure(muxers: [String] = ["/yamux/1.0.0"], identity: PrivateKey? = nil) async throws {
        await self.send(Self.header + Self.noise + (try await self.beginNoise(muxers: muxers, identity: identity)))
        _ = try await self.read(Self.header.count + Self.noise.count)
        let length = try await self.read(2)
        let message = length + (try await self.read(Int(length[0]) << 8 | Int(length[1])))
        try await self.loop.perform { [socket] in try socket.value.continueNoise(message) }
    }

    /// `plaintext` as one Noise message, with its length.
    func seal(_ plaintext: [UInt8]) async throws -> [UInt8] {
        try await self.loop.perform { [socket] in try socket.value.seal(plaintext) }
    }

    func sendSealed(_ plaintext: [UInt8]) async throws {
        try await self.loop.perform { [socket] in socket.value.send(try socket.value.seal(plaintext)) }
    }

    /// The plaintext of the next Noise message.
    func readSealed() async throws -> [UInt8] {
        let length = try await self.read(2)
        let message = try await self.read(Int(length[0]) << 8 | Int(length[1]))
        return try await self.loop.perform { [socket] in try socket.value.open(message) }
    }
}

extension UInt32 {
    fileprivate var bigEndianBytes: [UInt8] {
        [UInt8(self >> 24), UInt8(self >> 16 & 0xff), UInt8(self >> 8 & 0xff), UInt8(self & 0xff)]
    }
}

/// The socket of a hostile peer, confined to its loop.
private final class HostileSocket: SocketEventHandler {
    let socket: Socket
    private var poller: SocketPoller?
    private var input: [UInt8] = []
    private var output: [UInt8] = []
    private var end: HostilePeer.End?
    private var isReading = true
    private var reader: (count: Int, completion: (Result<[UInt8], HostilePeer.Gone>) -> Void)?
    private let cipher: ChaChaPolyContext
    private var handshake: NoiseHandshake?
    private var session: NoiseSession?

    init(_ address: SocketAddress, on loop: EventLoop) throws {
        self.cipher = try ChaChaPolyContext()
        self.socket = try Socket.stream(address.family)
        try self.socket.setOption(.noDelay(true))
        _ = try self.socket.connect(to: address)
        self.poller = try SocketPoller(loop, descriptor: self.socket.descriptor, handler: self)
        self.watch()
    }

    /// Closes the socket, once: its number may be another's then. Without lingering the connection is reset.
    func close(lingering: Duration? = nil) {
        guard let poller = self.poller else { return }
        poller.close()
        self.poller = nil
        if let lingering { try? self.socket.setOption(.linger(lingering)) }
        self.socket.close()
        self.ended(.finished)
    }

    func stopReading() {
        self.isReading = false
        self.watch()
    }

    private func watch() {
        self.poller?.update(reading: self.isReading, writing: !self.output.isEmpty)
    }

    func send(_ bytes: [UInt8]) {
        self.output += bytes
        self.flush()
    }

    private func flush() {
        guard self.end == nil, !self.output.isEmpty else { return }
        if case .bytes(let count) = self.output.withUnsafeBytes({ self.socket.send($0) }) {
            self.output.removeFirst(count)
        }
        self.watch()
    }

    func read(_ count: Int, _ completion: @escaping (Result<[UInt8], HostilePeer.Gone>) -> Void) {
        self.reader = (count, completion)
        self.serve()
    }

    private func serve() {
        guard let reader = self.reader else { return }
        if self.input.count >= reader.count {
            self.reader = nil
            let bytes = Array(self.input.prefix(reader.count))
            self.input.removeFirst(reader.count)
            reader.completion(.success(bytes))
        } else if let end = self.end {
            self.reader = nil
            reader.completion(.failure(HostilePeer.Gone(end: end)))
        }
    }

    private func ended(_ end: HostilePeer.End) {
        if self.end == nil { self.end = end }
        self.serve()
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if writable { self.flush() }
        guard readable || failed else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while self.end == nil {
            switch buffer.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
            case .bytes(let count): self.input += buffer.prefix(count)
            case .wouldBlock: return failed ? self.stop(.failed(self.socket.takeError())) : self.serve()
            case .endOfStream: self.stop(.finished)
            case .failed(let code): self.stop(.failed(code))
            }
        }
    }

    private func stop(_ end: HostilePeer.End) {
        self.poller?.update(reading: false, writing: false)
        self.ended(end)
    }

    // MARK: Noise

    func beginNoise(muxers: [String], identity: PrivateKey) throws -> [UInt8] {
        var random = SystemRandom()
        var handshake = try NoiseHandshake(
            role: .initiator, staticKey: NoiseStaticKey(identity: identity, using: &random), streamMuxers: muxers,
            context: self.cipher, using: &random)
        let message = handshake.nextOutput().map(Array.init) ?? []
        self.handshake = consume handshake
        return message
    }

    func continueNoise(_ message: [UInt8]) throws {
        var reader = BytesReader(Bytes(message))
        guard var handshake = self.handshake.take() else { return }
        _ = try handshake.receive(&reader)
        if let output = handshake.nextOutput() { self.send(Array(output)) }
        self.session = handshake.finish()
    }

    func seal(_ plaintext: [UInt8]) throws -> [UInt8] {
        var message = [UInt8](repeating: 0, count: plaintext.count + 18)
        let length = plaintext.count + 16
        (message[0], message[1]) = (UInt8(length >> 8), UInt8(length & 0xff))
        try plaintext.withUnsafeBytes { plaintext in
            try message.withUnsafeMutableBytes { message in
                guard let base = message.baseAddress else { return }
                try self.session?.sending.seal(plaintext, into: base + 2, using: self.cipher)
            }
        }
        return message
    }

    func open(_ message: [UInt8]) throws -> [UInt8] {
        var plaintext = [UInt8](repeating: 0, count: max(message.count, 16))
        try message.withUnsafeBytes { message in
            try plaintext.withUnsafeMutableBytes { plaintext in
                guard let base = plaintext.baseAddress else { return }
                try self.session?.receiving.open(message, into: base, using: self.cipher)
            }
        }
        return Array(plaintext.prefix(message.count - 16))
    }
}
