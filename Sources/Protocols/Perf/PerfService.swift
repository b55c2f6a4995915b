import Bytes
import EventLoop
public import Swarm
public import Transport

/// Measures how fast a connection moves bytes (libp2p perf).
public enum PerfService {
    /// The protocol's name in the specification.
    public static let protocolID = "/perf/1.0.0"

    /// How long an exchange may move nothing where nothing else is said. The specification names no time.
    public static let stallTimeout: Duration = .seconds(30)

    /// Answers `/perf/1.0.0`, or the same under another name. It lets any peer make this node send without end, so no node should serve it by default
    /// (libp2p perf, "Security Considerations").
    public static func serve(on swarm: Swarm, as protocolID: String = PerfService.protocolID) {
        swarm.handle(protocolID) { _ in PerfResponder() }
    }

    /// Uploads and then downloads that many bytes over a stream of its own.
    ///
    /// An exchange takes as long as it takes, but one in which no byte was sent or received for `stallTimeout`, or up to a
    /// quarter more, fails: its stream is reset. A peer that reads without end and never answers would hold it for ever.
    /// `progress` is called on the connection's loop about once a second and must not block. Throws `PerfError` and
    /// `StreamError`, and `CancellationError` where the task is cancelled, which resets the stream.
    public static func measure(
        on connection: Connection, upload: UInt64, download: UInt64, as protocolID: String = PerfService.protocolID,
        stallTimeout: Duration = PerfService.stallTimeout, progress: (@Sendable (PerfProgress) -> Void)? = nil
    ) async throws -> PerfResult {
        let start = EventLoop.monotonicNow()
        let result = PendingResult<PerfResult>()
        let initiator = Locked<LoopBound<PerfInitiator>?>(nil)
        try await connection.openStream([protocolID]) { stream in
            let handler = PerfInitiator(
                stream, start: start, upload: upload, download: download, stallTimeout: stallTimeout,
                progress: progress, result: result)
            initiator.withLock { $0 = LoopBound(handler, on: stream.loop) }
            return handler
        }
        guard let bound = initiator.withLock({ $0 }) else {
            throw StreamError.cannotOpen("the stream ended as soon as it was open")
        }
        return try await result.wait(onCancel: { bound.loop.execute { bound.value.cancel() } })
    }
}
