import Apus

/// `apus run`: the daemon.
enum RunCommand {
    static let command = Command(
        "run", summary: "run a node until it is told to end",
        discussion: """
            The node listens, connects to the bootstrap peers and to those of the local networks, answers identify and \
            ping, and prints its PeerID and the addresses at which it can be dialled. SIGINT or SIGTERM ends it in order, with exit code 0; a second one at once.
            Every option but --config can also be set by its environment variable or by its key in the configuration file. A \
            flag comes before the variable, the variable before the file, the file before the default. A variable for an \
            option that may be repeated holds a list with commas or blanks between.
            With --json each event is an object on a line of its own: "listening" with peer and address, "peer_connected", \
            "peer_disconnected" with its reason, "peer_identified", "peer_discovered", "observed_address", \
            "address_confirmed", "address_expired", "dial_failed", "inbound_failed", "refused", "connection_refused" and \
            "stopped_listening". Without, events are logged on standard error.
            SIGUSR1 makes the node tell who holds what of its resources, what it refused and counted, and which configured \
            peers are connected: as text, or with --json as a "status" event.
            """,
        options: [RunOptions.config.declaration] + RunOptions.settings,
        examples: [
            Command.Example("apus run", "Runs a node on port 4001, with its key in ~/.local/share/apus."),
            Command.Example(
                "apus run --data-dir ./node --listen /ip4/127.0.0.1/tcp/0 --json",
                "Runs a second node on a port that the system chooses, for a program to read."),
            Command.Example(
                "APUS_LISTEN=/ip4/0.0.0.0/tcp/4001 apus run --config apus.json5",
                "Takes the listen address from the environment and the rest from a file."),
        ],
        endsBySignal: true, perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        var configuration = try NodeConfiguration(run: invocation.values)
        if let address = configuration.unlistenableAddress {
            throw CommandError.usage(
                "--listen: no transport of this node can listen on \(address); "
                    + "choose an address of TCP, such as /ip4/0.0.0.0/tcp/4001")
        }
        try directory.make()
        try directory.lock()
        configuration.identity = .file(directory.keyFile.path)
        configuration.storage = directory.database
        if configuration.swarm.privateNetwork == nil, directory.swarmKeyFile.exists {
            configuration.swarm.privateNetwork = try directory.swarmKeyFile.read()
        }
        let node = try await Node(configuration)
        let events = node.events
        node.warnOfAccess()
        do {
            try await node.start()
        } catch {
            await node.shutdown()
            throw error
        }
        let report = NodeReport(node: node, output: invocation.output, isJSON: invocation.isJSON)
        try await Self.run(node, events, report, until: invocation.signals)
    }

    private enum Part {
        case report, signals, patience
    }

    /// How long the reader of standard output may take for the last events.
    private static let patience: Duration = .milliseconds(300)

    /// Runs the node and reports its events until a signal comes or nobody reads the report any more.
    private static func run(
        _ node: Node, _ events: AsyncStream<NodeEvent>, _ report: NodeReport, until signals: ProcessSignals
    ) async throws {
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                do {
                    try await report.started()
                    try await Self.tell(events, report, signals)
                } catch {
                    await node.shutdown()
                    throw error
                }
                return .report
            }
            group.addTask {
                guard let signal = await signals.first() else { return .signals }
                Log("node").info("ending", ["signal": "\(signal)"])
                await node.shutdown()
                return .signals
            }
            defer { group.cancelAll() }
            try await node.run()
            // The events have ended with the node; what is left of them is still printed.
            group.addTask {
                try await Task.sleep(for: Self.patience)
                return .patience
            }
            while let part = try await group.next(), part == .signals {}
        }
    }
}

extension RunCommand {
    /// Reports events until the node has ended, and how the node is whenever SIGUSR1 comes.
    private static func tell(
        _ events: AsyncStream<NodeEvent>, _ report: NodeReport, _ signals: ProcessSignals
    ) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { for await _ in signals.reportRequests { try await report.status() } }
            for await event in events { try await report.happened(event) }
            group.cancelAll()
        }
    }
}

extension NodeConfiguration {
    /// The configuration that the options of `apus run` ask for, without the identity.
    init(run values: OptionValues) throws {
        try self.init(dialing: values)
        self.listen = try values.list(RunOptions.listen)
        self.bootstrap = try values.list(RunOptions.bootstrap)
        self.peers = try values.list(RunOptions.peerWith)
        self.announce = try values.list(RunOptions.announce)
        self.swarm.announce.addedOnly = try values[RunOptions.announceOnly]
        self.swarm.announce.excluded = try values.list(RunOptions.noAnnounce)
        try self.checkAnnounced(by: DataDirectory(try values[RunOptions.dataDir]).keyFile)
        self.agentVersion = try values[RunOptions.agent]
        self.servesPerf = try values[RunOptions.perf]
        self.swarm.allowsListedOnly = try values[RunOptions.onlyAllowed]
        // Multicast goes around the proxy, and tells the networks who is here.
        let speaksMDNS = try values.optional(RunOptions.mdns) ?? (self.socks?.scope != .all)
        self.mdns = speaksMDNS ? MDNSConfiguration() : nil
        let loops = try values[RunOptions.loops]
        self.swarm.loops = loops > 0 ? loops : nil
        let limits = try Self.limits(values)
        self.swarm.limits = limits
        self.swarm.connections = try Self.connections(values, within: limits)
        self.swarm.spinning = try values[RunOptions.spinning]
        self.swarm.closingTime = min(try values[RunOptions.closingTime], .seconds(2))
    }

    /// Refuses what peers could do nothing with, before anything is made or started.
    private func checkAnnounced(by keyFile: KeyFile) throws {
        let policy = self.swarm.announce
        if policy.addedOnly, policy.added.isEmpty {
            throw CommandError.usage("--announce-only wants an address to tell of: give it with --announce MULTIADDR")
        }
        let namesPeer = policy.added.contains { $0.peerID != nil }
        let key = namesPeer && keyFile.exists ? try keyFile.read() : nil
        do throws(AnnounceError) {
            try policy.check(for: key?.peerID)
        } catch {
            throw CommandError.usage("--announce: \(error)")
        }
    }

    private static func limits(_ values: OptionValues) throws(CommandError) -> ResourceLimits {
        let memory = Int(clamping: try values[RunOptions.memoryLimit].bytes)
        guard try values[RunOptions.limits] else {
            guard memory == 0 else {
                throw .usage("--limits=false and --memory-limit exclude each other; leave one of them out")
            }
            return .unlimited
        }
        guard memory == 0 || memory >= ResourceLimits.leastMemory else {
            let least = ByteSize(bytes: UInt64(ResourceLimits.leastMemory))
            throw .usage("--memory-limit: a node needs at least \(least); 0 means a quarter of the machine's memory")
        }
        return .scaledToMachine(memory: memory > 0 ? memory : nil)
    }

    private static func connections(
        _ values: OptionValues, within limits: ResourceLimits
    ) throws(CommandError) -> ConnectionPolicy {
        let most = try values[RunOptions.maximumConnections]
        var policy = most > 0 ? ConnectionPolicy(lowWater: max(most * 5 / 6, 1), highWater: most) : .fitting(limits)
        let idle = try values[RunOptions.idleTimeout]
        if idle > .zero { policy.idle = .close(after: idle) }
        return policy
    }

    /// The configuration of a node that only dials.
    init(dialing values: OptionValues) throws {
        self.init()
        let servers = try values.list(RunOptions.nameServer)
        self.swarm.nameServers = servers.isEmpty ? nil : servers
        self.swarm.dialTimeout = try values[RunOptions.dialTimeout]
        self.swarm.handshakeTimeout = try values[RunOptions.handshakeTimeout]
        // Whoever lets one address take long wants to wait for it.
        self.swarm.connectTimeout = max(
            self.swarm.connectTimeout, self.swarm.dialTimeout + self.swarm.handshakeTimeout)
        self.swarm.negotiationTimeout = try values[RunOptions.negotiationTimeout]
        if let path = try values.optional(RunOptions.swarmKey) {
            do {
                self.swarm.privateNetwork = try SwarmKeyFile(path).read()
            } catch {
                throw CommandError.usage("--swarm-key: \(error)")
            }
        }
        if let proxy = try values.optional(RunOptions.socks) {
            var socks = SOCKSConfiguration(proxy: proxy)
            socks.scope = try values[RunOptions.socksScope]
            socks.credentials = try values.optional(RunOptions.socksLogin)
            self.socks = socks
        } else if try values[RunOptions.socksScope] == .all {
            throw CommandError.usage("--socks-scope all wants a proxy: give it with --socks HOST:PORT")
        }
    }
}
