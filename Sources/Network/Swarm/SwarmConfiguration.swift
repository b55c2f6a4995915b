import Noise
public import PrivateNetwork
public import Transport
public import Yamux

/// How a swarm connects, with every default.
public struct SwarmConfiguration: Sendable {
    /// How many event loops serve connections; nil is half the cores, at least one.
    public var loops: Int?
    /// Whether a busy loop polls on for up to 100 us before it sleeps, which makes answers quicker.
    public var spinning = true
    /// The private network that the node belongs to: it talks to nobody who has not this key; nil for none.
    public var privateNetwork: PrivateNetworkKey?
    /// How long one address may take to connect; go-libp2p has the same.
    public var dialTimeout: Duration = .seconds(15)
    /// How long a connected socket may take to become a connection.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a caller that gives no time waits for a connection; go-libp2p has the same.
    public var connectTimeout: Duration = .seconds(60)
    /// Addresses of one peer that are tried at once, and of its names that are looked up at once.
    public var concurrentDials = 8
    /// Addresses of one peer that are tried at all, and of its names that are looked up at all.
    public var dialledAddresses = 64
    /// How long a stream may take to agree on its protocol.
    public var negotiationTimeout: Duration = .seconds(10)
    /// How long connections may take to send what was written when the swarm closes.
    public var closingTime: Duration = .seconds(1)
    /// Name servers as "IP:port"; nil for those of the system.
    public var nameServers: [String]?
    /// Windows, keep-alive and backlog of the muxer (module `Yamux`).
    public var yamux = YamuxConfiguration()
    /// How much memory the windows of all connections may hold beyond what streams begin with, in bytes. A window takes at
    /// most half of what is left.
    public var nodeWindowBudget = 1024 * 1024 * 1024
    /// The same for one connection.
    public var connectionWindowBudget = 256 * 1024 * 1024
    /// How many peers' static keys of Noise a loop remembers, so that the signature of one that comes again is not verified
    /// again; 0 for none.
    public var verifiedStaticKeys = VerifiedStaticKeys.standardLimit
    /// What connections, streams and memory are charged to.
    public var resources: any ResourceScope = UnlimitedResources()

    /// Every default.
    public init() {}
}
