import Bytes
import Cryptography
import Swarm
import TestSupport
import Testing
import Transport

@testable import Ping

/// Runs `body` with the dialer's end of a connection to a node that answers pings.
func withPingResponder(
    over transport: PairTransport = .memory, idleTime: Duration = .seconds(60),
    _ body: (Connection) async throws -> Void
) async throws {
    try await withSwarmPair(over: transport) { pair in
        PingService.serve(on: pair.listener, idleTime: idleTime)
        try await body(pair.connect().dialer)
    }
}

@Suite(.timeLimit(.minutes(1))) struct PingResponderTests {
    private static let protocolID = "/ipfs/ping/1.0.0"

    private func payloads(_ count: Int, seed: UInt64 = 32) -> Bytes {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count * 32)
    }

    @Test(arguments: [1, 5, 31, 32, 33, 64, 100, 3_200]) func `payloads may come in pieces of any size`(
        size: Int
    ) async throws {
        try await withPingResponder { connection in
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
        try await withPingResponder { connection in
            let stream = try await connection.openStream([Self.protocolID])
            let sent = self.payloads(2)
            try await stream.write(sent[0..<63])
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100) == sent[0..<32])
        }
    }

    @Test func `a third stream of a connection is reset, and another is served when one has ended`() async throws {
        try await withPingResponder { connection in
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
        try await withPingResponder { connection in
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
        try await withPingResponder(idleTime: .milliseconds(20)) { connection in
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
}
