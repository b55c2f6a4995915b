import Apus

/// The options of `apus run`. All but `config` may also be keys of a configuration file.
enum RunOptions {
    static let config = Option(
        "config", "FILE", .file, isSetting: true,
        help: "Read settings from this JSON5 file. \"apus config example\" prints one.")
    static let dataDir = Option(
        "data-dir", "DIR", .directory, defaults: ["~/.local/share/apus"], isSetting: true,
        help:
            "Where the node keeps its key (peer.key), what it knows of peers and its access list (peers.sqlite). It is made, for its owner alone, where there is none."
    )
    static let listen = Option(
        "listen", "MULTIADDR", .multiaddr, defaults: ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"], isRepeatable: true,
        isSetting: true,
        help:
            "Listen on this address. 0.0.0.0 and :: stand for every interface, port 0 for one that the system chooses.")
    static let bootstrap = Option(
        "bootstrap", "MULTIADDR", .peerAddress, isRepeatable: true, isSetting: true,
        help:
            "Stay connected to this peer, through which others are found: it is dialled again for ever. The address ends in /p2p/ and the peer's ID."
    )
    static let peerWith = Option(
        "peer-with", "MULTIADDR", .peerAddress, isRepeatable: true, isSetting: true,
        help: "Stay connected to this peer of yours, in the same way.")
    static let limits = Option.flag(
        "limits", defaultsTo: true, isSetting: true,
        help:
            "Bound what the node, and each peer, protocol and connection of it, may hold. Only for measurements without."
    )
    static let memoryLimit = Option(
        "memory-limit", "SIZE", .size, defaults: ["0"], isSetting: true,
        help:
            "How much memory buffers and windows may hold; connections and streams are bounded in proportion. 0 means a quarter of the machine's; the least is 64MiB."
    )
    static let maximumConnections = Option(
        "max-connections", "N", .integer(0...1_000_000), defaults: ["0"], isSetting: true,
        help:
            "Close the least valuable connections where there are more than this. 0 means as many as fit the other limits."
    )
    static let idleTimeout = Option(
        "idle-timeout", "TIME", .duration, defaults: ["0"], isSetting: true,
        help: "Close connections that have had no stream for so long. 0 means never.")
    static let announce = Option(
        "announce", "MULTIADDR", .multiaddr, isRepeatable: true, isSetting: true,
        help:
            "Tell peers of this address too: one that leads here, such as that of a router that forwards a port. It needs a host and a port."
    )
    static let onlyAllowed = Option.flag(
        "only-allowed", isSetting: true,
        help:
            "Let only those connect, and dial only those, whom \"apus access allow\" allows. Without, all may but who is denied."
    )
    static let announceOnly = Option.flag(
        "announce-only", isSetting: true,
        help: "Tell peers of the addresses of --announce, and of no others. It wants at least one.")
    static let noAnnounce = Option(
        "no-announce", "CIDR", .network, isRepeatable: true, isSetting: true,
        help: "Tell nobody of addresses in this network, such as 10.0.0.0/8, not even of those of --announce.")
    static let agent = Option(
        "agent", "TEXT", .text, defaults: [ApusVersion.agent], isSetting: true,
        help: "What peers are told that this program is.")
    static let perf = Option.flag(
        "perf", isSetting: true,
        help: "Answer /perf/1.0.0. Anyone may then make this node send and receive as fast as it can.")
    static let nameServer = Option(
        "name-server", "IP:PORT", .nameServer, isRepeatable: true, isSetting: true,
        help: "Ask this name server instead of those of the system.")
    static let swarmKey = Option(
        "swarm-key", "FILE", .file, isSetting: true,
        help:
            "Be in the private network of this key file, in the form of Kubo's swarm.key, and talk to nobody outside. "
            + "\"apus run\" also takes swarm.key of the data directory.")
    static let socks = Option(
        "socks", "HOST:PORT", .socksProxy, isSetting: true,
        help: "Dial onion services through this SOCKS 5 proxy, such as Tor's at 127.0.0.1:9050.")
    static let socksScope = Option<SOCKSConfiguration.Scope>(
        "socks-scope", "SCOPE", .word, defaults: ["onion"], isSetting: true,
        help: "What is dialled through --socks: onion, or all, with which no name is looked up here.")
    static let socksLogin = Option(
        "socks-login", "USER:PASSWORD", .socksLogin, isSetting: true,
        help: "Give the proxy of --socks this user name and password. Tor keeps different ones apart.")
    static let loops = Option(
        "loops", "N", .integer(0...1_024), defaults: ["0"], isSetting: true,
        help: "How many threads serve connections. 0 means half the cores, and at least one.")
    static let spinning = Option.flag(
        "spinning", defaultsTo: true, isSetting: true,
        help: "Let a busy thread poll on for up to 100 us before it sleeps, which makes answers quicker.")
    static let mdns = Option.flag(
        "mdns", defaultsTo: nil, isSetting: true,
        help:
            "Find peers on the local networks by multicast DNS and connect to them, and let them find this node. On unless --mdns=false, but with --socks-scope all only where it is given."
    )
    static let dialTimeout = Option(
        "dial-timeout", "TIME", .timeLimit, defaults: ["15s"], isSetting: true,
        help: "How long one address may take to connect.")
    static let handshakeTimeout = Option(
        "handshake-timeout", "TIME", .timeLimit, defaults: ["10s"], isSetting: true,
        help: "How long a connected socket may take to become a secured connection.")
    static let negotiationTimeout = Option(
        "negotiation-timeout", "TIME", .timeLimit, defaults: ["10s"], isSetting: true,
        help: "How long a stream may take to agree on its protocol.")
    static let closingTime = Option(
        "closing-time", "TIME", .duration, defaults: ["1s"], isSetting: true,
        help: "How long connections may take to send what was written when the node ends. More than 2s is cut short.")
    static let logLevel = CommonOptions.logLevel(defaultsTo: .info)

    /// The settings, in the order in which help and the example file show them.
    static let settings: [OptionDeclaration] = [
        Self.dataDir.declaration, Self.listen.declaration, Self.bootstrap.declaration, Self.peerWith.declaration,
        Self.announce.declaration, Self.announceOnly.declaration, Self.noAnnounce.declaration,
        Self.onlyAllowed.declaration, Self.limits.declaration, Self.memoryLimit.declaration,
        Self.maximumConnections.declaration, Self.idleTimeout.declaration,
        Self.agent.declaration, Self.perf.declaration, Self.mdns.declaration, Self.nameServer.declaration,
        Self.swarmKey.declaration, Self.socks.declaration, Self.socksScope.declaration, Self.socksLogin.declaration,
        Self.loops.declaration,
        Self.spinning.declaration, Self.dialTimeout.declaration, Self.handshakeTimeout.declaration,
        Self.negotiationTimeout.declaration, Self.closingTime.declaration, Self.logLevel.declaration,
    ]

    /// What a node that dials a peer for one command takes of them.
    static let dialing: [OptionDeclaration] = [
        Self.nameServer.declaration, Self.swarmKey.declaration, Self.socks.declaration, Self.socksScope.declaration,
        Self.socksLogin.declaration, Self.dialTimeout.declaration, Self.handshakeTimeout.declaration,
        Self.negotiationTimeout.declaration,
    ]
}
