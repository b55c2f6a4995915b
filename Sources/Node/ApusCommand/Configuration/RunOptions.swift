import Apus

/// The options of `apus run`. All but `config` may also be keys of a configuration file.
enum RunOptions {
    static let config = Option(
        "config", "FILE", .file, isSetting: true,
        help: "Read settings from this JSON5 file. \"apus config example\" prints one.")
    static let dataDir = Option(
        "data-dir", "DIR", .directory, defaults: ["~/.local/share/apus"], isSetting: true,
        help:
            "Where the node keeps its key (peer.key) and its state. It is made, for its owner alone, where there is none."
    )
    static let listen = Option(
        "listen", "MULTIADDR", .multiaddr, defaults: ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"], isRepeatable: true,
        isSetting: true,
        help:
            "Listen on this address. 0.0.0.0 and :: stand for every interface, port 0 for one that the system chooses.")
    static let bootstrap = Option(
        "bootstrap", "MULTIADDR", .peerAddress, isRepeatable: true, isSetting: true,
        help: "Connect to this peer at the start. The address ends in /p2p/ and the peer's ID.")
    static let announce = Option(
        "announce", "MULTIADDR", .multiaddr, isRepeatable: true, isSetting: true,
        help: "Tell peers of this address too: one that leads here, such as that of a router that forwards a port.")
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
        Self.dataDir.declaration, Self.listen.declaration, Self.bootstrap.declaration, Self.announce.declaration,
        Self.agent.declaration, Self.perf.declaration, Self.nameServer.declaration,
        Self.swarmKey.declaration, Self.socks.declaration, Self.socksScope.declaration, Self.socksLogin.declaration,
        Self.loops.declaration, Self.spinning.declaration, Self.dialTimeout.declaration,
        Self.handshakeTimeout.declaration,
        Self.negotiationTimeout.declaration, Self.closingTime.declaration, Self.logLevel.declaration,
    ]

    /// What a node that dials a peer for one command takes of them.
    static let dialing: [OptionDeclaration] = [
        Self.nameServer.declaration, Self.swarmKey.declaration, Self.socks.declaration, Self.socksScope.declaration,
        Self.socksLogin.declaration, Self.dialTimeout.declaration, Self.handshakeTimeout.declaration,
        Self.negotiationTimeout.declaration,
    ]
}
