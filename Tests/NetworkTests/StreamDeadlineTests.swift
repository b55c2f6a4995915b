import Bytes
import EventLoop
import Swarm
import Testing
import Transport

/// What deadlines and resets mean to a task that uses a stream.
struct StreamDeadlineTests {
    /// Runs `body` with a stream to a peer that answers it by `answer`, and ends everything after it.
    private func withStream(
        to answer: @escaping @Sendable (Stream) async throws -> Void,
        _ body: (Stream) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 1)
        let pair = try await ConnectionPair.connect(
            on: loops, prepare: { $0.set(.task(onLoop: false, answer), for: "/answer") })
        let outcome: Result<Void, any Error>
        do {
            try await body(try await pair.dialer.openStream(["/answer"]))
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await pair.close()
        await loops.shutdown()
        try outcome.get()
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case StreamError.timedOut = error { true } else { false }
    }

    @Test(arguments: [Duration.zero, .nanoseconds(1), .microseconds(20), .milliseconds(20)])
    func `a read that nothing answers ends at its deadline`(timeout: Duration) async throws {
        try await self.withStream(to: { stream in for try await _ in stream {} }) { stream in
            await #expect { _ = try await stream.read(timeout: timeout) } throws: { Self.isTimeout($0) }
            #expect(stream.closeReason == nil)
        }
    }

    @Test func `a deadline bounds a read to the end of a peer that never stops sending`() async throws {
        let piece = Bytes(repeatElement(1, count: 4_096))
        try await self.withStream(to: { stream in while true { try await stream.write(piece) } }) { stream in
            await #expect {
                _ = try await stream.readToEnd(limit: .max, timeout: .milliseconds(30))
            } throws: { Self.isTimeout($0) }
        }
    }

    @Test func `a read to the end that is late fails though it never had to wait`() async throws {
        let sent = PendingResult<Void>()
        try await self.withStream(to: { stream in
            try await stream.write([1, 2, 3])
            try await stream.closeWrite()
            sent.finish(.success(()))
        }) { stream in
            try await sent.wait()
            // What a later stream brings came in behind the end of the first.
            let later = try await stream.connection.openStream(["/answer"])
            _ = try await later.readToEnd(limit: 10)
            await #expect {
                _ = try await stream.readToEnd(limit: 10, timeout: .zero)
            } throws: { Self.isTimeout($0) }
        }
    }

    @Test func `what came before a deadline can still be read`() async throws {
        try await self.withStream(to: { stream in for try await bytes in stream { try await stream.write(bytes) } }) {
            stream in
            await #expect { _ = try await stream.read(timeout: .milliseconds(1)) } throws: { Self.isTimeout($0) }
            try await stream.write([1, 2, 3])
            #expect(try await stream.read(exactly: 3) == [1, 2, 3])
        }
    }

    @Test func `a reset is known as soon as it is asked for`() async throws {
        try await self.withStream(to: { stream in for try await _ in stream {} }) { stream in
            stream.reset(code: 9)
            #expect(stream.closeReason == .resetLocally(code: 9))
            await #expect(throws: StreamError.closed(.resetLocally(code: 9))) { try await stream.write([1]) }
            await #expect(throws: StreamError.closed(.resetLocally(code: 9))) { _ = try await stream.read() }
        }
    }

    @Test func `the peer learns of a reset with its reader`() async throws {
        let end = PendingResult<StreamCloseReason>()
        try await self.withStream(to: { stream in
            do {
                for try await _ in stream {}
            } catch StreamError.closed(let reason) {
                end.finish(.success(reason))
            }
        }) { stream in
            try await stream.write([1])
            stream.reset(code: 9)
            #expect(try await end.wait() == .resetByPeer(code: 9))
        }
    }
}
