public import Swarm
public import Transport

/// Measures how fast a connection moves bytes (libp2p perf).
public enum PerfService {
    public static let protocolID = "/perf/1.0.0"

    /// Answers `/perf/1.0.0`. It lets any peer make this node send without end, so no node should serve it by default
    /// (libp2p perf, "Security Considerations").
    public static func serve(on swarm: Swarm) {}

    /// Uploads and then downloads that many bytes over a stream of its own.
    ///
    /// `progress` is called on the connection's loop about once a second and must not block. Throws `PerfError` and
    /// `StreamError`, and `CancellationError` where the task is cancelled, which resets the stream.
    public static func measure(
        on connection: Connection, upload: UInt64, download: UInt64,
        progress: (@Sendable (PerfProgress) -> Void)? = nil
    ) async throws -> PerfResult {
        throw StreamError.cannotOpen("not yet")
    }
}
