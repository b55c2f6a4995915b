import Bytes
import EventLoop
import Swarm
import Testing
import Transport

/// What stays in memory when a connection has ended: nothing.
struct ConnectionLifetimeTests {
    private static let echo = "/echo/1.0.0"

    private final class Echo: StreamHandler {
        func received(_ bytes: borrowing Chunk, on stream: LoopStream) { stream.write(bytes) }
        func readClosed(_ stream: LoopStream) { stream.closeWrite() }
    }

    @Test func `a connection that carried streams is let go of when it has ended`() async throws {
        let loops = EventLoopGroup(count: 1)
        weak var dialer: Connection?
        weak var listener: Connection?
        do {
            let pair = try await ConnectionPair.connect(on: loops)
            pair.listenerProtocols.set(.callbacks { _ in Echo() }, for: Self.echo)
            (dialer, listener) = (pair.dialer, pair.listener)
            let stream = try await pair.dialer.openStream([Self.echo])
            try await stream.write(Array("hello".utf8))
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100) == Bytes(utf8: "hello"))
            await pair.close()
        }
        // What a loop still has to do for a connection is done when it has ended.
        await loops.shutdown()
        #expect(dialer == nil)
        #expect(listener == nil)
    }
}
