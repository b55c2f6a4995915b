import Bytes
import Cryptography
import EventLoop
import Swarm
import Synchronization
import Testing
import Transport

@testable import Ping

@Suite(.timeLimit(.minutes(1))) struct PingTests {
    private static let protocolID = "/ipfs/ping/1.0.0"

    /// Runs `body` with the dialer's end of a connection to a node that answers pings.
    private func withResponder(
        over transport: PairTransport = .memory, idleTime: Duration = .seconds(60),
        _ body: (Connection) async throws -> Void
    ) async throws {
        try await withSwarmPair(over: transport) { pair in
            PingService.serve(on: pair.listener, idleTime: idleTime)
            try await body(pair.connect().dialer)
        }
    }

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
        try await self.withResponder(over: transport) { connection in
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
        try await self.withResponder { connection in
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

    // MARK: The responder

    private func payloads(_ count: Int, seed: UInt64 = 32) -> Bytes {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count * 32)
    }

    @Test(arguments: [1, 5, 31, 32, 33, 64, 100, 3_200]) func `payloads may come in pieces of any size`(
        size: Int
    ) async throws {
        try await self.withResponder { connection in
            let stream = try await connection.openStream([Self.protocolID])
            let sent = self.payloads(100)
            for start in stride(from: 0, to: sent.count, by: size) {
                try await stream.write(sent[start..<min(start + size, sent.count)])
            }
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 10_000) == sent)
        }
    }

    @Test func `a payload that is not whole is not echoed`() async throws {
        try await self.withResponder { connection in
            let stream = try await connection.openStream([Self.protocolID])
            let sent = self.payloads(2)
            try await stream.write(sent[0..<63])
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100) == sent[0..<32])
        }
    }

    @Test func `a third stream of a connection is reset, and another is served when one has ended`() async throws {
        try await self.withResponder { connection in
            let first = try await connection.openStream([Self.protocolID])
            let second = try await connection.openStream([Self.protocolID])
            await #expect(throws: StreamError.closed(.resetByPeer(code: 0x1002))) {
                let third = try await connection.openStream([Self.protocolID])
                _ = try await third.read()
            }
            try await first.closeWrite()
            #expect(try await first.readToEnd(limit: 0).isEmpty)
            try await second.write(self.payloads(1))
            #expect(try await second.read(exactly: 32) == self.payloads(1))
            let fourth = try await connection.openStream([Self.protocolID])
            try await fourth.write(self.payloads(1))
            #expect(try await fourth.read(exactly: 32) == self.payloads(1))
        }
    }

    @Test func `of a hundred streams two are served`() async throws {
        try await self.withResponder { connection in
            let sent = self.payloads(1)
            let served = try await withThrowingTaskGroup(of: Stream?.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        do {
                            let stream = try await connection.openStream([Self.protocolID])
                            try await stream.write(sent)
                            return try await stream.read(exactly: 32) == sent ? stream : nil
                        } catch StreamError.closed(.resetByPeer) {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [Stream]()) { if let stream = $1 { $0.append(stream) } }
            }
            #expect(served.count == 2)
        }
    }

    @Test func `a silent stream is ended in order`() async throws {
        try await self.withResponder(idleTime: .milliseconds(20)) { connection in
            let stream = try await connection.openStream([Self.protocolID])
            #expect(try await stream.readToEnd(limit: 0).isEmpty)
        }
    }

    @Test func `a peer that reads no echoes is stopped until it does`() async throws {
        let waiting = try await StreamBench.run { bench in
            bench.stream.setHandler(PingResponder(bench.stream, idleTime: .seconds(60)) {})
            let block = Bytes(repeatElement(1, count: 65_536))
            var waiting: [Int] = []
            for _ in 0..<8 {
                bench.receive(block)
                waiting.append(bench.stream.waitingOutput / 65_536)
            }
            for _ in 0..<2 {
                bench.send(bench.stream.waitingOutput)
                waiting.append(bench.stream.waitingOutput / 65_536)
            }
            bench.send(bench.stream.waitingOutput)
            return waiting
        }
        #expect(waiting == [1, 2, 3, 4, 4, 4, 4, 4, 4, 0])
    }

    // MARK: The initiator

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
