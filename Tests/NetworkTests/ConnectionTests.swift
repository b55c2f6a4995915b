import Bytes
import EventLoop
import PeerIdentity
import Swarm
import Testing
import Transport

/// The whole way over a real socket: handshake, negotiation, streams and their end.
struct ConnectionTests {
    static let echo = "/echo/1.0.0"

    /// Runs `body` with a connected pair whose listener echoes, and ends everything after it.
    private func withPair(
        loops count: Int = 1, _ body: (ConnectionPair) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: count)
        let pair = try await ConnectionPair.connect(
            on: loops,
            prepare: { protocols in
                protocols.set(
                    .task(onLoop: false) { stream in
                        for try await chunk in stream { try await stream.write(chunk) }
                    }, for: Self.echo)
            })
        do {
            try await body(pair)
        } catch {
            await pair.close()
            await loops.shutdown()
            throw error
        }
        await pair.close()
        await loops.shutdown()
    }

    @Test func `both sides learn who the other is`() async throws {
        try await self.withPair { pair in
            #expect(pair.dialer.remotePeer == pair.listener.localPeer)
            #expect(pair.listener.remotePeer == pair.dialer.localPeer)
            #expect(pair.dialer.security == "/noise")
            #expect(pair.dialer.muxer == "/yamux/1.0.0")
        }
    }

    @Test func `an echo returns what was written, to the end`() async throws {
        try await self.withPair { pair in
            let stream = try await pair.dialer.openStream([Self.echo])
            try await stream.write(Array("hello".utf8))
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100) == Bytes(utf8: "hello"))
        }
    }

    @Test(arguments: [1, 2]) func `ten megabytes come back unchanged`(loops: Int) async throws {
        try await self.withPair(loops: loops) { pair in
            let data = Bytes((0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            let stream = try await pair.dialer.openStream([Self.echo])
            async let answer = stream.readToEnd(limit: 20_000_000)
            for start in stride(from: 0, to: data.count, by: 100_000) {
                try await stream.write(data[start..<min(start + 100_000, data.count)])
            }
            try await stream.closeWrite()
            #expect(try await answer == data)
        }
    }

    @Test func `a hundred streams at once keep their data apart`() async throws {
        try await self.withPair { pair in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let stream = try await pair.dialer.openStream([Self.echo])
                        let message = Bytes(repeatElement(UInt8(number), count: 1_000 + number))
                        try await stream.write(message)
                        try await stream.closeWrite()
                        #expect(try await stream.readToEnd(limit: 10_000) == message)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a protocol that the peer does not have is refused by name`() async throws {
        try await self.withPair { pair in
            await #expect(throws: StreamError.protocolsNotSupported(["/none/1.0.0"])) {
                _ = try await pair.dialer.openStream(["/none/1.0.0"])
            }
            let stream = try await pair.dialer.openStream(["/none/1.0.0", Self.echo])
            #expect(stream.protocolID == Self.echo)
        }
    }

    @Test func `a reset reaches the peer's reader`() async throws {
        try await self.withPair { pair in
            pair.dialerProtocols.set(
                .task(onLoop: false) { stream in
                    _ = try await stream.read()
                    stream.reset(code: 7)
                }, for: "/reset")
            let stream = try await pair.listener.openStream(["/reset"])
            try await stream.write([1])
            await #expect(throws: StreamError.closed(.resetByPeer(code: 7))) { _ = try await stream.read() }
        }
    }

    @Test func `a connection that the peer closes while it carries nothing was closed by the peer`() async throws {
        try await self.withPair { pair in
            await pair.listener.close()
            #expect(await pair.dialer.waitUntilClosed() == .closedByPeer)
            #expect(pair.listener.closeReason == .closedLocally)
        }
    }

    @Test func `closing a connection ends its streams on both sides`() async throws {
        try await self.withPair { pair in
            let stream = try await pair.dialer.openStream([Self.echo])
            await pair.listener.close()
            #expect(await pair.dialer.waitUntilClosed() == .closedByPeer)
            await #expect(throws: StreamError.self) { _ = try await stream.read() }
        }
    }
}
