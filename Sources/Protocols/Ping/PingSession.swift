public import Transport

/// One `/ipfs/ping/1.0.0` stream that serves for any number of pings (libp2p ping).
public struct PingSession: Sendable {
    /// Opens the stream. Throws `StreamError`, and `CancellationError` where the task is cancelled.
    public init(connection: Connection, timeout: Duration = .seconds(10)) async throws {
        throw StreamError.cannotOpen("not yet")
    }

    /// Sends 32 random bytes and returns how long their echo took, measured on the connection's loop.
    ///
    /// Throws `PingError`, and `CancellationError` where the task is cancelled.
    public func ping(timeout: Duration = .seconds(10)) async throws -> Duration { throw PingError.mismatch }

    /// Ends the stream; pings that wait fail.
    public func close() {}
}
