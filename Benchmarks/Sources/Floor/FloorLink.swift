import EventLoop
import Transport

/// One connection of the floor program, confined to its loop: one side sends frames, the other receives them.
final class FloorLink: SocketEventHandler {
    /// As many receives a wake-up as a connection of the library makes.
    private static let receivesPerWakeUp = 2

    private let loop: EventLoop
    private let socket: Socket
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
        try self.begin(request)
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

    /// Makes ready this side's part of what is asked for.
    private func begin(_ request: FloorRequest) throws {
        switch (request.direction, self.isServer) {
        case (.upload, false), (.download, true): self.source = try FrameSource(request)
        case (.upload, true), (.download, false): self.sink = try FrameSink(request)
        case (.echo, _): self.isEchoing = true
        }
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
        guard self.first.isEmpty, self.source?.isDone == false else { return }
        do {
            try self.source?.send(to: self.socket)
        } catch {
            self.end(.failure(error))
        }
    }

    // MARK: Reading

    private func read() {
        for _ in 0..<Self.receivesPerWakeUp where !self.isOver {
            if self.sink != nil {
                if !self.readFrames() { return }
            } else if self.isEchoing {
                self.echo()
            } else if self.isServer {
                self.readRequest()
            } else {
                self.readAnswer()
            }
        }
    }

    /// Whether there may be more to receive.
    private func readFrames() -> Bool {
        let isFull: Bool
        do {
            isFull = try self.sink?.receive(from: self.socket) ?? false
        } catch {
            self.end(.failure(error))
            return false
        }
        guard self.sink?.isDone == true else { return isFull }
        self.sink = nil
        if self.isServer {
            self.first = [1]
            self.write()
        } else {
            self.end(.success(()))
        }
        return false
    }

    private func readRequest() {
        guard let bytes = self.readSome(FloorRequest.size - self.request.count) else { return }
        self.request += bytes
        guard self.request.count == FloorRequest.size else { return }
        guard let request = FloorRequest(self.request) else { return self.end(.failure(.broken)) }
        self.request = []
        do {
            try self.begin(request)
        } catch {
            self.end(.failure(.broken))
        }
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
