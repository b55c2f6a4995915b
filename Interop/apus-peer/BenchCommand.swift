import Apus

/// `apus-peer bench`: one measurement, or the server that it is made against.
enum BenchCommand {
    static func run(_ texts: [String], _ termination: Termination) async throws {
        guard let mode = texts.first else {
            throw UsageError("bench: expected server, bulk, ping, request, connect, stream or idle")
        }
        let rest = Array(texts.dropFirst())
        switch mode {
        case "server": try await BenchServer.run(self.arguments(rest, mode, ["listen", "relay"]), termination)
        case "bulk": try await BenchBulk.run(self.client(rest, mode, ["up", "down", "streams", "repeat"]))
        case "ping": try await BenchPing.run(self.client(rest, mode, ["count"]))
        case "request": try await BenchRequest.run(self.client(rest, mode, ["bytes", "pipeline", "seconds"]))
        case "connect": try await BenchConnect.run(self.client(rest, mode, ["seconds", "parallel"]))
        case "stream": try await BenchStream.run(self.client(rest, mode, ["seconds", "parallel"]))
        case "idle": try await BenchIdle.run(self.client(rest, mode, ["connections", "seconds"]))
        case "gossip": throw UsageError("bench gossip: this peer does not have GossipSub yet")
        default: throw UsageError("bench: unknown mode \"\(mode)\"")
        }
    }

    private static func arguments(
        _ texts: [String], _ mode: String, _ values: Set<String>
    ) throws(UsageError) -> Arguments {
        var switches: Set = ["no-polling", "no-key-cache", "paced"]
        if mode == "connect" { switches.insert("same-key") }
        let arguments = try Arguments(
            texts, of: "bench \(mode)",
            Arguments.Flags(
                values: values.union(["security"]), switches: switches,
                refused: ["relay": "this peer does not have circuit relay yet"]))
        try arguments.checkSecurity()
        return arguments
    }

    private static func client(
        _ texts: [String], _ mode: String, _ values: Set<String>
    ) throws(UsageError) -> (Arguments, Multiaddr) {
        let arguments = try self.arguments(texts, mode, values.union(["addr"]))
        return (arguments, try arguments.peerAddress("addr"))
    }
}

extension Arguments {
    /// How long to measure.
    func duration(_ name: String, default standard: Double) throws(UsageError) -> Duration {
        .seconds(try self.number(name, default: standard, in: 0...1e6))
    }

    /// A node as the flags of all benchmarks say.
    func benchNode() -> NodeConfiguration {
        var configuration = NodeConfiguration()
        configuration.swarm.spinning = !self.has("no-polling")
        if self.has("no-key-cache") { configuration.swarm.verifiedStaticKeys = 0 }
        configuration.tcp.unpacedLoopback = !self.has("paced")
        return configuration
    }

    /// A number of things at once, at least one; each is a task with buffers of its own.
    func count(_ name: String, default standard: Int, limit: Int = 65_536) throws(UsageError) -> Int {
        max(1, try self.number(name, default: standard, in: 0...limit))
    }
}
