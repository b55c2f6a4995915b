package import Multiformats
package import Noise
package import PeerIdentity
package import PrivateNetwork
package import Transport
package import Yamux

/// What every upgrade of a node shares: its identity, its limits and who is told of what.
package struct UpgradeConfiguration: Sendable {
    package var identity: PrivateKey
    package var localPeer: PeerID
    /// The Noise key and its signature by the identity, made once.
    package var staticKey: NoiseStaticKey
    /// The private network that every connection belongs to; nil for none.
    package var privateNetwork: PrivateNetworkKey?
    package var yamux = YamuxConfiguration()
    /// How much memory the windows of one connection may hold beyond what streams begin with, in bytes.
    package var connectionWindowBudget = 256 * 1024 * 1024
    /// The same for all windows of the node.
    package var nodeWindowBudget = WindowBudget(limit: 1024 * 1024 * 1024)
    /// How many peers' static keys a loop remembers whose signature it verified; 0 verifies each time.
    package var verifiedKeys = VerifiedStaticKeys.standardLimit
    /// How long a connection may take from the connected socket to its muxer.
    package var handshakeTimeout: Duration = .seconds(10)
    /// How long a stream that the peer opens may take to agree on its protocol.
    package var negotiationTimeout: Duration = .seconds(10)
    package var router: any StreamRouter
    package var resources: any ResourceScope
    /// Whether a peer that has proved who it is may have a connection with that address: nil, or why not. Called on the
    /// link's loop.
    package var admits: @Sendable (PeerID, Multiaddr, Direction) -> String? = { _, _, _ in nil }
    /// A connection that stood has ended. Called on its loop, once.
    package var onClosed: @Sendable (Connection, ConnectionCloseReason) -> Void = { _, _ in }
    /// A stream of the peer's was refused because of a limit. Called on the connection's loop.
    package var onRefused: @Sendable (Connection, ResourceLimitError) -> Void = { _, _ in }

    /// The peer broke the rules on one stream, which has ended. Called on the connection's loop.
    package var onStreamViolation: @Sendable (Connection, StreamCloseReason) -> Void = { _, _ in }

    package init(
        identity: PrivateKey, staticKey: NoiseStaticKey, router: any StreamRouter, resources: any ResourceScope
    ) {
        self.identity = identity
        self.localPeer = PeerID(identity.publicKey)
        self.staticKey = staticKey
        self.router = router
        self.resources = resources
    }
}
