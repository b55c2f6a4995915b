import Bytes
import ConnectionUpgrade
import EventLoop
import Swarm
import Testing
import Transport

/// Handlers that call back into the stream and the connection from within a callback.
struct StreamCallbackTests {
    private static let peer = "/peer"

    private func withPair(
        _ handler: @escaping @Sendable (LoopStream) -> any StreamHandler,
        _ body: (ConnectionPair) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 2)
        let pair = try await ConnectionPair.connect(
            on: loops, configure: { $0.handshakeTimeout = .seconds(300) },
            prepare: { $0.set(.callbacks(handler), for: Self.peer) })
        var failure: (any Error)?
        do { try await body(pair) } catch { failure = error }
        await pair.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    @Test func `a handler that holds the end of the stream back and then finishes is told that it is closed`()
        async throws
    {
        let held = PendingResult<LoopBound<LoopStream>>()
        let closed = PendingResult<StreamCloseReason>()
        try await self.withPair { _ in
            CallbackHandler(
                onReceived: { stream in
                    stream.pauseReading()
                    held.finish(.success(LoopBound(stream, on: stream.loop)))
                }, onClosed: { _, reason in closed.finish(.success(reason)) })
        } _: { pair in
            let stream = try await pair.dialer.openStream([Self.peer])
            try await stream.write([1])
            let other = try await held.wait()
            try await stream.write([2])
            try await stream.closeWrite()
            // A later stream's answer shows that the peer has read what came before it.
            await #expect(throws: StreamError.self) { _ = try await pair.dialer.openStream(["/none"]) }
            await other.loop.perform { other.value.finish() }
            #expect(try await closed.wait() == .finished)
            #expect(try await stream.readToEnd(limit: 1).isEmpty)
        }
    }

    enum Act: CaseIterable { case write, reset, finish, closeConnection, endConnection, openStream }

    @Test(arguments: Act.allCases) func `a handler may do anything from within any callback`(act: Act) async throws {
        let closed = PendingResult<Void>()
        try await self.withPair { _ in
            let perform: (LoopStream) -> Void = { stream in
                switch act {
                case .write: stream.write([1, 2, 3])
                case .reset: stream.reset()
                case .finish: stream.finish()
                case .closeConnection: stream.connection.beginClose(gracePeriod: .seconds(60))
                case .endConnection: stream.connection.beginClose(gracePeriod: nil)
                case .openStream:
                    let connection = stream.connection
                    connection.tasks.add { _ = try? await connection.openStream([Self.peer]) }
                    stream.write([1])
                }
            }
            return CallbackHandler(
                onReceived: perform, onReadClosed: perform, onWritable: perform,
                onClosed: { stream, _ in
                    perform(stream)
                    closed.finish(.success(()))
                })
        } _: { pair in
            let stream = try await pair.dialer.openStream([Self.peer])
            // Whether the peer still takes them is its affair.
            try? await stream.write([1])
            try? await stream.closeWrite()
            if act == .write || act == .openStream {
                _ = try? await stream.read()
                await pair.dialer.close(gracePeriod: .zero)
            }
            try await closed.wait()
        }
    }

    @Test func `a handler that comes to a stream that has ended is told so`() async throws {
        let told = PendingResult<StreamCloseReason>()
        try await self.withPair { stream in
            stream.reset(code: 5)
            return CallbackHandler(onClosed: { _, reason in told.finish(.success(reason)) })
        } _: { pair in
            _ = try? await pair.dialer.openStream([Self.peer])
            let outcome = try await told.wait()
            #expect(outcome == .resetLocally(code: 5))
        }
    }

    @Test func `a connection that ended is kept by nothing`() async throws {
        let loops = EventLoopGroup(count: 1)
        weak var dialer: Connection?
        weak var listener: Connection?
        func use() async throws {
            let pair = try await ConnectionPair.connect(
                on: loops,
                prepare: { protocols in
                    protocols.set(.task(onLoop: true) { _ = try await $0.read() }, for: "/task")
                    protocols.set(.callbacks { _ in CallbackHandler() }, for: "/callbacks")
                })
            (dialer, listener) = (pair.dialer, pair.listener)
            for name in ["/task", "/callbacks"] {
                let stream = try await pair.dialer.openStream([name])
                try await stream.write([1])
                try await stream.closeWrite()
            }
            await pair.close()
        }
        try await use()
        // What the loop still had to do for them is done when it has run a job.
        for _ in 0..<3 { await loops.loops[0].perform {} }
        #expect(dialer == nil)
        #expect(listener == nil)
        await loops.shutdown()
    }
}

/// A handler made of closures.
private final class CallbackHandler: StreamHandler {
    private let onReceived: (LoopStream) -> Void
    private let onReadClosed: (LoopStream) -> Void
    private let onWritable: (LoopStream) -> Void
    private let onClosed: (LoopStream, StreamCloseReason) -> Void

    init(
        onReceived: @escaping (LoopStream) -> Void = { _ in }, onReadClosed: @escaping (LoopStream) -> Void = { _ in },
        onWritable: @escaping (LoopStream) -> Void = { _ in },
        onClosed: @escaping (LoopStream, StreamCloseReason) -> Void = { _, _ in }
    ) {
        self.onReceived = onReceived
        self.onReadClosed = onReadClosed
        self.onWritable = onWritable
        self.onClosed = onClosed
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) { self.onReceived(stream) }
    func readClosed(_ stream: LoopStream) { self.onReadClosed(stream) }
    func writable(_ stream: LoopStream) { self.onWritable(stream) }
    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) { self.onClosed(stream, reason) }
}
