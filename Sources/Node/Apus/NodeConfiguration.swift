public import Discovery
public import EventLoop
public import MemoryTransport
public import Multiformats
public import PeerIdentity
public import SOCKSTransport
public import Swarm
public import TCPTransport

/// Who a node is.
public enum NodeIdentity: Sendable {
    /// A new Ed25519 key that is gone with the process.
    case ephemeral
    /// This key.
    case key(PrivateKey)
    /// A key file; it is made, with an Ed25519 key, where there is none.
    case file(String)
}

/// What a node is to be and do, with every default.
public struct NodeConfiguration: Sendable {
    /// Who the node is.
    public var identity: NodeIdentity
    /// The addresses to listen on; none for a node that only dials.
    public var listen: [Multiaddr]
    /// Addresses of peers to stay connected to, each with its `/p2p`: they are dialled when the node starts, protected, and
    /// dialled again whenever no connection stands.
    public var bootstrap: [Multiaddr]
    /// More such peers, which the node's user knows: their connections are worth no more than those of `bootstrap`.
    public var peers: [Multiaddr] = []
    /// What peers are told that this program is, such as "chat/1.2.0" (libp2p identify, "agentVersion").
    public var agentVersion: String
    /// Whether `/perf/1.0.0` is answered: anyone may then make this node send and receive as much as it can.
    public var servesPerf: Bool
    /// Whether peers are told what this node is, and asked the same. Only benchmarks do without.
    public var identifies: Bool
    /// How peers of the local networks are found by multicast DNS, and find this node; nil for a node that does neither.
    public var mdns: MDNSConfiguration?
    /// Where `/memory` addresses are found; nil for a node that has none. Tests connect nodes of one process with it.
    public var memoryNetwork: MemoryNetwork?
    /// How the node connects: loops, timeouts, muxer, name servers.
    public var swarm: SwarmConfiguration
    /// How the sockets of TCP are set up.
    public var tcp = TCPConfiguration()
    /// The SOCKS proxy through which onion services, or all addresses, are dialled; nil for none.
    public var socks: SOCKSConfiguration?
    /// Loops that the node shares with others and that their maker ends; nil for loops of its own, as many as `swarm` says.
    public var sharedLoops: EventLoopGroup?

    /// A node with these addresses, as texts; the rest is as in `init()` until it is set.
    ///
    /// Throws `MultiaddrError` where one of the addresses is not a multiaddr.
    public init(
        identity: NodeIdentity = .ephemeral, listen: [String] = [], bootstrap: [String] = [],
        agentVersion: String = ApusVersion.agent, servesPerf: Bool = false, swarm: SwarmConfiguration = .init()
    ) throws(MultiaddrError) {
        self.identity = identity
        self.listen = try listen.map { text throws(MultiaddrError) in try Multiaddr(text) }
        self.bootstrap = try bootstrap.map { text throws(MultiaddrError) in try Multiaddr(text) }
        self.agentVersion = agentVersion
        self.servesPerf = servesPerf
        self.identifies = true
        self.swarm = swarm
    }

    /// A node that does not listen, with a new identity and every default.
    public init() {
        self.identity = .ephemeral
        self.listen = []
        self.bootstrap = []
        self.agentVersion = ApusVersion.agent
        self.servesPerf = false
        self.identifies = true
        self.swarm = SwarmConfiguration()
    }
}

extension NodeConfiguration {
    /// Where the database is that keeps what is known of peers, and the access list; it may begin with `~`. nil keeps both in
    /// memory.
    public var storage: String? {
        get { self.swarm.storage }
        set { self.swarm.storage = newValue?.expandingHome }
    }

    /// Where else the node can be dialled: peers are told of these addresses too. `swarm.announce` can leave out others.
    public var announce: [Multiaddr] {
        get { self.swarm.announce.added }
        set { self.swarm.announce.added = newValue }
    }

    /// Name servers as "IP:port"; nil for those of the system.
    public var nameServers: [String]? {
        get { self.swarm.nameServers }
        set { self.swarm.nameServers = newValue }
    }
}

/// The version of this package.
public enum ApusVersion {
    /// The number that a package manifest asks for.
    public static let number = "0.1.0"
    /// What peers are told that this program is, where it says nothing else.
    public static let agent = "apus/\(Self.number)"
}
