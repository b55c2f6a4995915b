import Bytes
import Swarm
import Testing
import Transport

@testable import Ping

@Suite(.timeLimit(.minutes(1))) struct PingTests {
    private static let protocolID = "/ipfs/ping/1.0.0"

    /// Runs `body` with a ping session to a node that answers by `handler`.
    private func withSession(
        answeredBy handler: @escaping @Sendable (Stream) async throws -> Void,
        _ body: (PingSession) async throws -> Void
    ) async throws {
        try await withSwarmPair { pair in
            pair.listener.handle(Self.protocolID, handler)
            let (dialer, _) = try await pair.connect()
            try await body(PingSession(connection: dialer))
        }
    }

    @Test(arguments: PairTransport.allCases) func `a ping takes some time`(transport: PairTransport) async throws {
        try await withPingResponder(over: transport) { connection in
            let session = try await PingSession(connection: connection)
            for _ in 0..<100 {
                let time = try await session.ping()
                #expect(time > .zero && time < .seconds(10))
            }
            session.close()
            await #expect(throws: PingError.closed(.finished)) { try await session.ping() }
        }
    }

    @Test func `pings may overlap`() async throws {
        try await withPingResponder { connection in
            let session = try await PingSession(connection: connection)
            let times = try await withThrowingTaskGroup(of: Duration.self) { group in
                for _ in 0..<50 { group.addTask { try await session.ping() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(times.count == 50)
        }
    }

    @Test func `a peer that serves no ping is reported as such`() async throws {
        try await withSwarmPair { pair in
            let (dialer, _) = try await pair.connect()
            await #expect(throws: StreamError.protocolsNotSupported([Self.protocolID])) {
                _ = try await PingSession(connection: dialer)
            }
        }
    }

    @Test func `an echo of other bytes fails the ping and resets the stream`() async throws {
        let (ended, tell) = AsyncStream.makeStream(of: StreamCloseReason?.self)
        try await self.withSession(answeredBy: { stream in
            var payload = Array(try await stream.read(exactly: 32))
            payload[31] ^= 1
            try await stream.write(payload)
            do { _ = try await stream.read() } catch StreamError.closed(let reason) { tell.yield(reason) }
        }) { session in
            await #expect(throws: PingError.mismatch) { try await session.ping() }
            await #expect(throws: PingError.mismatch) { try await session.ping() }
            for await reason in ended {
                #expect(reason == .resetByPeer(code: 0x1004))
                break
            }
        }
    }

    @Test func `bytes behind an echo are a mismatch`() async throws {
        try await self.withSession(answeredBy: { stream in
            let payload = try await stream.read(exactly: 32)
            try await stream.write(Bytes(Array(payload) + [0]))
            _ = try await stream.read()
        }) { session in
            _ = try? await session.ping()
            await #expect(throws: PingError.mismatch) { try await session.ping() }
        }
    }

    @Test func `an echo may come byte by byte`() async throws {
        try await self.withSession(answeredBy: { stream in
            for try await chunk in stream {
                for byte in chunk { try await stream.write([byte]) }
            }
        }) { session in
            for _ in 0..<5 { _ = try await session.ping() }
        }
    }

    @Test func `a late echo fails its ping and not the next`() async throws {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await self.withSession(answeredBy: { stream in
            let first = try await stream.read(exactly: 32)
            for await _ in released { break }
            try await stream.write(first)
            for try await chunk in stream { try await stream.write(chunk) }
        }) { session in
            await #expect(throws: PingError.timedOut(after: .milliseconds(20))) {
                try await session.ping(timeout: .milliseconds(20))
            }
            release.yield()
            for _ in 0..<3 { _ = try await session.ping() }
        }
    }

    @Test func `pings without an answer do not gather for ever`() async throws {
        try await self.withSession(answeredBy: { stream in while try await stream.read() != nil {} }) { session in
            for _ in 0..<64 {
                await #expect(throws: PingError.timedOut(after: .zero)) { try await session.ping(timeout: .zero) }
            }
            await #expect(throws: PingError.tooManyUnanswered(limit: 64)) { try await session.ping() }
        }
    }

    @Test func `a peer that ends the stream fails the pings that wait`() async throws {
        try await self.withSession(answeredBy: { stream in _ = try await stream.read(exactly: 32) }) { session in
            await #expect(throws: PingError.closed(.finished)) { try await session.ping() }
        }
    }

    @Test func `a ping can be cancelled, and the session goes on`() async throws {
        let (started, tell) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await self.withSession(answeredBy: { stream in
            let first = try await stream.read(exactly: 32)
            tell.yield()
            for await _ in released { break }
            try await stream.write(first)
            for try await chunk in stream { try await stream.write(chunk) }
        }) { session in
            let ping = Task { try await session.ping() }
            for await _ in started { break }
            ping.cancel()
            await #expect(throws: CancellationError.self) { try await ping.value }
            release.yield()
            _ = try await session.ping()
        }
    }

    @Test func `a session that is let go of ends its stream`() async throws {
        try await withSwarmPair { pair in
            let (ended, tell) = AsyncStream.makeStream(of: Bool.self)
            pair.listener.handle(Self.protocolID) { stream in tell.yield(try await stream.read() == nil) }
            let (dialer, _) = try await pair.connect()
            _ = try await PingSession(connection: dialer)
            for await isEnd in ended {
                #expect(isEnd)
                break
            }
        }
    }
}
