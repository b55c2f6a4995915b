import Apus

/// A node that only dials: it has its own key, serves nothing and identifies nobody.
struct LightClient: Sendable {
    let node: Node
    let target: Multiaddr

    /// Makes `count` clients on shared loops, each with its own key or all with one.
    static func make(
        _ count: Int, for target: Multiaddr, sameKey: Bool, as model: NodeConfiguration
    ) async throws -> (clients: [LightClient], loops: EventLoopGroup) {
        let loops = EventLoopGroup(options: EventLoopOptions(spinning: model.swarm.spinning))
        let shared = try PrivateKey.generate()
        var clients: [LightClient] = []
        for _ in 0..<count {
            var configuration = model
            configuration.identity = sameKey ? .key(shared) : .ephemeral
            configuration.identifies = false
            configuration.sharedLoops = loops
            clients.append(LightClient(node: try await Node(configuration), target: target))
        }
        return (clients, loops)
    }

    /// Dials, and shows by one ping that the connection carries streams.
    func connect() async throws -> Connection {
        let connection = try await self.node.connect(to: self.target)
        connection.assumeSupport(of: [PingService.protocolID])
        _ = try await connection.exchange(PingService.protocolID) { PingSeries($0, warmUps: 0, count: 1, result: $1) }
        return connection
    }
}
