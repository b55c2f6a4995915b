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
    /// What bounds the dials of all peers together.
    public var dialLimits = DialLimits()
    /// How long a stream may take to agree on its protocol.
    public var negotiationTimeout: Duration = .seconds(10)
    /// How many connections are kept, and for how long; nil for as many as fit the limits.
    public var connections: ConnectionPolicy?
    /// How long a peer that should be connected all the time is waited for before it is dialled again, at first and at most.
    public var redialInterval: ClosedRange<Duration> = .seconds(1)...(.seconds(300))
    /// How long connections may take to send what was written when the swarm closes.
    public var closingTime: Duration = .seconds(1)
    /// Which addresses peers are told of, besides or instead of those that the node finds itself.
    public var announce = AnnouncePolicy()
    /// When the node believes what peers say of where they see it.
    public var observedAddresses = ObservedAddressConfiguration()
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
    /// Where the database is that keeps what is known of peers, and the access list; it is made where there is none, for its
    /// owner alone. nil keeps both in memory.
    public var storage: String?
    /// Whether only those may connect and be dialled whom the access list allows.
    public var allowsListedOnly = false
    /// How much the node, and each who uses it, may have; nil for limits that are scaled to the machine.
    public var limits: ResourceLimits?
    /// What connections, streams and memory are charged to instead of a `ResourceManager` with `limits`: several nodes can
    /// share one.
    public var resources: (any ResourceScope)?

    /// Every default.
    public init() {}
}
