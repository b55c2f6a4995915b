import Bytes
import EventLoop
import PeerIdentity
import Testing
import Transport

@testable import Identify

/// Plays the peer of one stream, on a loop of its own.
@Suite(.timeLimit(.minutes(1))) struct IdentifyReceiverTests {
    private static var message: Bytes {
        var message = IdentifyMessage()
        message.agentVersion = "peer/1"
        return message.bytes.lengthPrefixed
    }

    /// What the receiver makes of a peer that does what `play` does and then nothing, and what it asks of the connection.
    private func outcome(
        timeout: Duration = .milliseconds(1), _ play: @escaping @Sendable (StreamBench) -> Void
    ) async throws -> (agent: Result<String?, IdentifyError>, calls: [String]) {
        let loop = EventLoop(index: 0)
        let identity = try PrivateKey.generate()
        let (outcomes, tell) = AsyncStream.makeStream(of: (Result<String?, IdentifyError>, [String]).self)
        try await loop.perform {
            let bench = try StreamBench(on: loop, identity: identity)
            let receiver = IdentifyReceiver(bench.stream, start: loop.now, timeout: timeout) { outcome in
                let agent = outcome.map(\.agentVersion)
                let bound = LoopBound(bench, on: loop)
                // What the receiver does to the stream comes behind its answer.
                loop.execute { tell.yield((agent, bound.value.calls)) }
            }
            bench.stream.setHandler(receiver)
            play(bench)
        }
        for await outcome in outcomes {
            await loop.stop()
            return outcome
        }
        throw CancellationError()
    }

    @Test func `a message and the end of the stream are an answer`() async throws {
        let (agent, calls) = try await self.outcome(timeout: .seconds(60)) { bench in
            bench.receive(Self.message)
            bench.stream.deliverReadClosed()
        }
        #expect(agent == .success("peer/1"))
        #expect(calls == ["closesWrite"])
    }

    @Test func `a whole message counts when the time is up, although the stream is open`() async throws {
        let (agent, calls) = try await self.outcome { $0.receive(Self.message) }
        #expect(agent == .success("peer/1"))
        #expect(calls == ["closesWrite", "stopsReading"])
    }

    @Test func `a part of a message does not`() async throws {
        let (agent, calls) = try await self.outcome { $0.receive(Self.message[0..<4]) }
        #expect(agent == .failure(.timedOut(after: .milliseconds(1))))
        #expect(calls == ["resets 0"])
    }

    @Test func `nothing at all does not`() async throws {
        let (agent, calls) = try await self.outcome { _ in }
        #expect(agent == .failure(.timedOut(after: .milliseconds(1))))
        #expect(calls == ["resets 0"])
    }

    @Test func `a whole message counts although the stream is reset behind it`() async throws {
        let (agent, _) = try await self.outcome(timeout: .seconds(60)) { bench in
            bench.receive(Self.message)
            bench.stream.close(.resetByPeer(code: 1))
        }
        #expect(agent == .success("peer/1"))
    }

    @Test func `a stream that is reset before is a failure`() async throws {
        let (agent, _) = try await self.outcome(timeout: .seconds(60)) { bench in
            bench.receive(Self.message[0..<4])
            bench.stream.close(.resetByPeer(code: 1))
        }
        #expect(agent == .failure(.stream(.closed(.resetByPeer(code: 1)))))
    }

    @Test func `bytes that cannot be read reset the stream at once`() async throws {
        let (agent, calls) = try await self.outcome(timeout: .seconds(60)) { bench in
            bench.receive([0xff, 0xff, 0x7f])
            bench.receive(Self.message)
        }
        #expect(agent == .failure(.messageTooLong(limit: 8_192)))
        #expect(calls == ["resets \(0x1004)"])
    }
}
