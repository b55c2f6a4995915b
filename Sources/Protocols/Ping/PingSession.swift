import Bytes
import Cryptography
import EventLoop
public import Transport

/// One `/ipfs/ping/1.0.0` stream that serves for any number of pings (libp2p ping).
///
/// A node keeps at most one session a peer (libp2p ping, "Protocol"). Its last copy ends the stream when it goes.
public struct PingSession: Sendable {
    private let stream: OwnedStream

    /// Opens the stream. Throws `StreamError`, and `CancellationError` where the task is cancelled.
    public init(connection: Connection, timeout: Duration = .seconds(10)) async throws {
        let initiator = Locked<LoopBound<PingInitiator>?>(nil)
        try await connection.openStream([PingService.protocolID], timeout: timeout) { stream in
            let handler = PingInitiator(stream)
            initiator.withLock { $0 = LoopBound(handler, on: stream.loop) }
            return handler
        }
        guard let bound = initiator.withLock({ $0 }) else {
            throw StreamError.cannotOpen("the stream ended as soon as it was open")
        }
        self.stream = OwnedStream(bound)
    }

    /// Sends 32 random bytes and returns how long their echo took, measured on the connection's loop.
    ///
    /// Pings may overlap. One that timed out leaves the session usable. Throws `PingError`, and `CancellationError` where
    /// the task is cancelled.
    public func ping(timeout: Duration = .seconds(10)) async throws -> Duration {
        let payload = SystemRandom.bytes(PingLimits.payloadSize)
        let result = PendingResult<Duration>()
        let initiator = self.stream.initiator
        return try await result.wait {
            if initiator.loop.isCurrent {
                initiator.value.ping(payload, timeout: timeout, result)
            } else {
                initiator.loop.execute { initiator.value.ping(payload, timeout: timeout, result) }
            }
        }
    }

    /// Ends the stream; pings that wait fail.
    public func close() {
        self.stream.close()
    }

    private final class OwnedStream: Sendable {
        let initiator: LoopBound<PingInitiator>

        init(_ initiator: LoopBound<PingInitiator>) { self.initiator = initiator }

        func close() {
            let initiator = self.initiator
            initiator.loop.execute { initiator.value.close() }
        }

        deinit { self.close() }
    }
}
