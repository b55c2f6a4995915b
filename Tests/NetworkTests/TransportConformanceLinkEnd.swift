import Bytes
import EventLoop
import Transport

/// One end of a link, for tests: whole messages in and out, whatever pieces the socket moves.
final class LinkEnd: Sendable {
    private let loop: EventLoop
    private let end: LoopBound<LinkTransfer>

    struct Taken: Error {}

    struct Broken: Error {
        let code: Int32
    }

    /// Takes the socket of `link`.
    init(_ link: RawLink) async throws {
        self.loop = link.loop
        guard let descriptor = link.takeDescriptor() else { throw Taken() }
        let loop = link.loop
        self.end = try await loop.perform {
            LoopBound(try LinkTransfer(Socket(descriptor: descriptor), on: loop), on: loop)
        }
    }

    /// The next `count` bytes, or fewer where the peer ended its side before.
    func read(_ count: Int) async throws -> [UInt8] {
        let end = self.end
        let result = await withHandover { reader in self.loop.execute { end.value.read(count, reader) } }
        return try result.get()
    }

    /// Returns when the socket has taken all.
    func write(_ bytes: [UInt8]) async throws {
        let end = self.end
        let result = await withHandover { writer in self.loop.execute { end.value.write(bytes, writer) } }
        try result.get()
    }

    func closeWrite() async throws {
        let end = self.end
        try await self.loop.perform { try end.value.socket.shutdownWrite() }
    }

    func close() async {
        let end = self.end
        await self.loop.perform { end.value.close() }
    }
}

private final class LinkTransfer: SocketEventHandler {
    let socket: Socket
    private var poller: SocketPoller?
    private var input: [UInt8] = []
    private var wanted = 0
    private var reader: Handover<Result<[UInt8], LinkEnd.Broken>>?
    private var output: ArraySlice<UInt8> = []
    private var writer: Handover<Result<Void, LinkEnd.Broken>>?

    init(_ socket: Socket, on loop: EventLoop) throws {
        self.socket = socket
        self.poller = try SocketPoller(loop, descriptor: socket.descriptor, handler: self)
    }

    func read(_ count: Int, _ reader: Handover<Result<[UInt8], LinkEnd.Broken>>) {
        self.input = []
        self.wanted = count
        self.reader = reader
        self.receive()
    }

    func write(_ bytes: [UInt8], _ writer: Handover<Result<Void, LinkEnd.Broken>>) {
        self.output = bytes[...]
        self.writer = writer
        self.send()
    }

    func close() {
        self.poller?.close()
        self.poller = nil
        self.socket.close()
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if writable || failed { self.send() }
        if readable || failed { self.receive() }
    }

    private func receive() {
        while let reader = self.reader {
            var result = Socket.TransferResult.endOfStream
            if self.wanted > self.input.count {
                let chunk = [UInt8](unsafeUninitializedCapacity: min(65_536, self.wanted - self.input.count)) {
                    result = self.socket.receive(into: UnsafeMutableRawBufferPointer($0))
                    if case .bytes(let count) = result { $1 = count }
                }
                self.input += chunk
            }
            switch result {
            case .bytes: continue
            case .wouldBlock: return self.watch()
            case .endOfStream: reader.give(.success(self.input))
            case .failed(let code): reader.give(.failure(LinkEnd.Broken(code: code)))
            }
            self.reader = nil
        }
        self.watch()
    }

    private func send() {
        while let writer = self.writer {
            switch self.output.withUnsafeBytes({ self.socket.send($0) }) {
            case .bytes(let count):
                self.output = self.output.dropFirst(count)
                guard self.output.isEmpty else { continue }
                writer.give(.success(()))
            case .wouldBlock, .endOfStream: return self.watch()
            case .failed(let code): writer.give(.failure(LinkEnd.Broken(code: code)))
            }
            self.writer = nil
        }
        self.watch()
    }

    private func watch() {
        self.poller?.update(reading: self.reader != nil, writing: self.writer != nil)
    }
}
