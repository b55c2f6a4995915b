import Apus
import Foundation

/// `apus-peer run`: a peer that does what its standard input says.
enum RunCommand {
    /// What the command line asks for.
    struct Options {
        var configuration: NodeConfiguration
        /// Peers to connect to at once.
        var connect: [Multiaddr]
        /// Names under which a protocol is served besides its own, each with the protocol.
        var aliases: [(alias: String, protocolID: String)]
    }

    static func run(_ texts: [String], _ termination: Termination) async throws {
        let options = try self.parse(texts)
        termination.takesLeave()
        let node = try await Node(options.configuration)
        let session = PeerSession(node: node, termination: termination)
        do {
            try await session.start(options)
        } catch {
            await node.shutdown()
            throw error
        }
        await session.serve(connectingTo: options.connect)
    }

    private static func parse(_ texts: [String]) throws(UsageError) -> Options {
        let arguments = try Arguments(
            texts, of: "run",
            Arguments.Flags(
                values: [
                    "listen", "key-type", "key-file", "seed", "security", "transports", "psk", "agent", "connect",
                    "external", "alias",
                ],
                switches: ["no-limits", "mdns"], refused: self.refused))
        try arguments.checkSecurity()
        try self.checkTransports(arguments)
        var configuration = NodeConfiguration()
        configuration.identity = .key(try self.key(arguments))
        configuration.listen = try arguments.addresses("listen")
        if configuration.listen.isEmpty { configuration.listen = [Multiaddr(.v4(.loopback), tcp: 0)] }
        configuration.announce = try arguments.addresses("external")
        configuration.agentVersion = arguments.string("agent") ?? "apus-peer/\(ApusVersion.agent)"
        configuration.servesPerf = true
        if arguments.has("mdns") {
            // Like the other peers, it tells whom it found and leaves it at that.
            configuration.mdns = MDNSConfiguration()
            configuration.mdns?.connects = false
        }
        configuration.swarm.privateNetwork = try self.privateNetwork(arguments)
        if arguments.has("no-limits") { configuration.swarm.resources = UnlimitedResources() }
        var connect: [Multiaddr] = []
        for address in try arguments.addresses("connect") {
            guard address.peerID != nil else { throw UsageError("--connect \(address): there is no /p2p at its end") }
            connect.append(address)
        }
        return Options(configuration: configuration, connect: connect, aliases: try self.aliases(arguments))
    }

    /// Flags of the common command line for what this peer does not have yet.
    private static let refused: [String: String] = {
        let later: [String: [String]] = [
            "the DHT": ["dht", "dht-prefix", "dht-allow-private"],
            "GossipSub": ["gossipsub", "topic", "gossip-sign", "gossip-max"],
            "circuit relay": ["relay-service", "relay", "holepunch"],
            "reachability": ["autonat", "reachability"],
            "rendezvous": ["rendezvous"],
            "the data plane": ["dataplane"],
        ]
        var reasons: [String: String] = [:]
        for (what, flags) in later {
            for flag in flags { reasons[flag] = "this peer does not have \(what) yet" }
        }
        return reasons
    }()

    private static func checkTransports(_ arguments: Arguments) throws(UsageError) {
        guard let text = arguments.string("transports") else { return }
        for name in text.split(separator: ",") where name != "tcp" {
            throw UsageError("run: --transports \(text): this peer has tcp alone so far")
        }
    }

    private static func key(_ arguments: Arguments) throws(UsageError) -> PrivateKey {
        let type = try arguments.choice("key-type", default: "ed25519", of: KeyType.allCases.map(\.description))
        let seed: UInt8? = arguments.has("seed") ? try arguments.number("seed", default: 0, in: 0...255) : nil
        do {
            // Keys of tests are no secret, so it does not matter who else may read the file.
            if let path = arguments.string("key-file") { return try KeyFile(path).read(allowingExposed: true) }
            if let seed { return try PrivateKey(ed25519Seed: Bytes([UInt8](repeating: seed, count: 32))) }
            return try PrivateKey.generate(KeyType(type) ?? .ed25519)
        } catch {
            throw UsageError("run: \(error)")
        }
    }

    private static func privateNetwork(_ arguments: Arguments) throws(UsageError) -> PrivateNetworkKey? {
        guard let path = arguments.string("psk") else { return nil }
        do {
            return try SwarmKeyFile(path).read()
        } catch {
            throw UsageError("run: --psk: \(error)")
        }
    }

    private static func aliases(_ arguments: Arguments) throws(UsageError) -> [(alias: String, protocolID: String)] {
        var aliases: [(alias: String, protocolID: String)] = []
        for text in arguments.strings("alias") {
            let parts = text.split(separator: "=").map(String.init)
            guard parts.count == 2, TestProtocols.all.contains(parts[1]) else {
                throw UsageError("run: --alias \(text): expected NEW=OLD, OLD one of \(TestProtocols.all)")
            }
            aliases.append((parts[0], parts[1]))
        }
        return aliases
    }
}
