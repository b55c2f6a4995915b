import Cryptography
import EventLoop
import Transport

/// One connection of the floor program, confined to its loop: one side seals and sends, the other receives and opens.
final class FloorLink: SocketEventHandler {
    /// As many receives a wake-up as a connection of the library makes.
    private static let receivesPerWakeUp = 2

    private let loop: EventLoop
    private let socket: Socket
    private let context: ChaChaPolyContext
    private let completion: (Result<Void, FloorError>) -> Void
    private var poller: SocketPoller?
    private var source: FrameSource?
    private var sink: FrameSink?
    /// Bytes in the clear that go first: the request, or the answer to an upload.
    private var first: [UInt8] = []
    private var request: [UInt8] = []
    private var isServer = false
    private var isEchoing = false
    private var isOver = false

    private init(_ link: RawLink, completion: @escaping (Result<Void, FloorError>) -> Void) throws {
        guard let descriptor = link.takeDescriptor() else { throw FloorError.broken }
        self.loop = link.loop
        self.socket = Socket(descriptor: descriptor)
        self.context = try ChaChaPolyContext()
        self.completion = completion
    }

    /// The server's side, which waits for a request.
    convenience init(serving link: RawLink) throws {
        try self.init(link) { _ in }
        self.isServer = true
    }

    /// The client's side; `completion` is called when all was sent and answered, or received.
    convenience init(
        asking request: FloorRequest, over link: RawLink, completion: @escaping (Result<Void, FloorError>) -> Void
    ) throws {
        try self.init(link, completion: completion)
        self.first = request.bytes
        switch request.direction {
        case .upload: self.send(request)
        case .download: self.receive(request)
        case .echo: break
        }
    }

    func start() {
        self.loop.execute { [bound = LoopBound(self, on: self.loop)] in bound.value.watch() }
    }

    private func watch() {
        do {
            self.poller = try SocketPoller(self.loop, descriptor: self.socket.descriptor, handler: self)
            self.update()
        } catch {
            self.end(.failure(.broken))
        }
    }

    private func send(_ request: FloorRequest) {
        self.source = FrameSource(context: self.context, key: Self.key(), for: request)
    }

    private func receive(_ request: FloorRequest) {
        self.sink = FrameSink(context: self.context, key: Self.key(), for: request)
    }

    /// Both sides know the key: what is measured is what the cipher costs.
    private static func key() -> ChaChaPolyKey {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: ChaChaPolyKey.size, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 7)
        return ChaChaPolyKey(UnsafeRawBufferPointer(bytes))
    }

    private var wantsToWrite: Bool { !self.first.isEmpty || self.source?.isDone == false }

    private func update() {
        self.poller?.update(reading: true, writing: self.wantsToWrite)
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if failed { return self.end(.failure(.broken)) }
        if writable { self.write() }
        if readable { self.read() }
        if !self.isOver { self.update() }
    }

    // MARK: Writing

    private func write() {
        if !self.first.isEmpty {
            guard case .bytes(let count) = self.first.withUnsafeBytes({ self.socket.send($0) }) else { return }
            self.first.removeFirst(count)
        }
        guard self.first.isEmpty, let waiting = self.source?.next(), !waiting.isEmpty else { return }
        if case .bytes(let count) = self.socket.send(waiting) { self.source?.sent(count) }
    }

    // MARK: Reading

    private func read() {
        for _ in 0..<Self.receivesPerWakeUp where !self.isOver {
            if self.sink != nil {
                self.readFrame()
            } else if self.isEchoing {
                self.echo()
            } else if self.isServer {
                self.readRequest()
            } else {
                self.readAnswer()
            }
        }
    }

    private func readFrame() {
        var result = Socket.TransferResult.wouldBlock
        guard self.sink?.receive(from: self.socket, &result) == true else { return self.end(.failure(.broken)) }
        guard self.sink?.isDone == true else { return }
        self.sink = nil
        if self.isServer {
            self.first = [1]
            self.write()
        } else {
            self.end(.success(()))
        }
    }

    private func readRequest() {
        guard let bytes = self.readSome(FloorRequest.size - self.request.count) else { return }
        self.request += bytes
        guard self.request.count == FloorRequest.size else { return }
        guard let request = FloorRequest(self.request) else { return self.end(.failure(.broken)) }
        switch request.direction {
        case .upload: self.receive(request)
        case .download: self.send(request)
        case .echo: self.isEchoing = true
        }
        self.request = []
    }

    private func echo() {
        guard let bytes = self.readSome(FloorPing.size) else { return }
        self.first += bytes
        self.write()
    }

    private func readAnswer() {
        guard self.readSome(1) != nil else { return }
        self.end(.success(()))
    }

    /// At most `limit` bytes; nil where there is nothing, or the connection has ended.
    private func readSome(_ limit: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        switch bytes.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
        case .bytes(let count): return Array(bytes[..<count])
        case .wouldBlock: return nil
        case .endOfStream, .failed:
            self.end(.failure(.broken))
            return nil
        }
    }

    private func end(_ result: Result<Void, FloorError>) {
        guard !self.isOver else { return }
        self.isOver = true
        self.poller?.close()
        self.socket.close()
        self.completion(result)
    }
}

/// Why the floor program could not measure.
enum FloorError: Error {
    /// `bulk` was not told where the server is.
    case noAddress
    /// The other side went away, or sent what does not fit.
    case broken
}
