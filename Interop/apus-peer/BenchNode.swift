import Apus

/// What a benchmark runs on: a node or, with `--paced`, a node's parts over TCP of that kind, which a node has no setting for.
struct BenchNode {
    let swarm: Swarm
    let identify: IdentifyService?

    /// Starts it as the flags say, lends it to `body`, and drains it however `body` ends.
    static func with(
        _ arguments: Arguments, listen: [Multiaddr] = [], _ body: (BenchNode) async throws -> Void
    ) async throws {
        var configuration = NodeConfiguration()
        configuration.listen = listen
        configuration.servesPerf = true
        configuration.swarm = arguments.swarm()
        if arguments.has("paced") { return try await self.withPacedParts(configuration, body) }
        try await withNode(configuration) { try await body(BenchNode(swarm: $0.swarm, identify: $0.identify)) }
    }

    private static func withPacedParts(
        _ configuration: NodeConfiguration, _ body: (BenchNode) async throws -> Void
    ) async throws {
        var tcp = TCPConfiguration()
        tcp.unpacedLoopback = false
        let loops = EventLoopGroup(
            count: configuration.swarm.loops, options: EventLoopOptions(spinning: configuration.swarm.spinning))
        let swarm = try await Swarm(
            identity: PrivateKey.generate(), transports: [TCPTransport(tcp)], loops: loops,
            configuration: configuration.swarm)
        PingService.serve(on: swarm)
        PerfService.serve(on: swarm)
        let identify = IdentifyService(swarm: swarm)
        let outcome: Result<Void, any Error>
        do {
            for address in configuration.listen { _ = try await swarm.listen(on: address) }
            outcome = .success(try await body(BenchNode(swarm: swarm, identify: identify)))
        } catch {
            outcome = .failure(error)
        }
        await identify.stop()
        await swarm.close()
        await loops.shutdown()
        try outcome.get()
    }
}
