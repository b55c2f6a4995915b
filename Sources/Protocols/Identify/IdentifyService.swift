public import PeerIdentity
public import Swarm
public import Transport

/// Tells peers what this node is, and asks every peer that a connection comes to stand with (libp2p identify).
public final class IdentifyService: Sendable {
    private let swarm: Swarm
    private let configuration: IdentifyConfiguration

    /// Serves `/ipfs/id/1.0.0` and `/ipfs/id/push/1.0.0` on `swarm`, and identifies every connection from now on.
    public init(swarm: Swarm, configuration: IdentifyConfiguration = .init()) {
        self.swarm = swarm
        self.configuration = configuration
    }

    /// What the peer of `connection` said of itself; waits for the exchange that runs by itself on every new connection.
    ///
    /// Throws `IdentifyError`, and `CancellationError` where the task is cancelled.
    public func information(of connection: Connection) async throws -> IdentifyInfo { throw IdentifyError.stopped }

    /// What is known of a peer that is connected, or was not long ago.
    public func information(of peer: PeerID) -> IdentifyInfo? { nil }

    /// Tells connected peers now what changed since they were told last. Changes of protocols and listen addresses are
    /// told without it, after `IdentifyConfiguration.pushDelay`.
    public func push() {}

    /// Stops serving and asking; whoever still waits gets `IdentifyError.stopped`.
    public func stop() async {}
}
