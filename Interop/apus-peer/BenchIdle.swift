import Apus

/// Many connections from as many keys that stand for some time and do nothing.
enum BenchIdle {
    /// How many are opened at once.
    private static let opening = 16

    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let count = try options.arguments.number("connections", default: 100, in: 0...(1 << 20))
        let time = try options.arguments.duration("seconds", default: 10)
        let (clients, _) = try await LightClient.make(
            count, for: options.address, sameKey: false, as: options.arguments.benchNode())
        let connections = try await self.open(clients)
        Output.emit(["bench": "idle", "event": "open", "connections": JSON(connections.count)])
        let measurement = Measurement()
        try await Task.sleep(for: time)
        let alive = connections.count { $0.closeReason == nil }
        measurement.emit(
            "idle",
            [
                "event": "end", "connections": JSON(connections.count), "alive": JSON(alive),
                "seconds": measurement.elapsed.seconds,
            ])
    }

    private static func open(_ clients: [LightClient]) async throws -> [Connection] {
        try await withThrowingTaskGroup(of: Connection.self) { group in
            var waiting = clients[...]
            var connections: [Connection] = []
            for client in waiting.prefix(self.opening) { group.addTask { try await client.connect() } }
            waiting = waiting.dropFirst(self.opening)
            for try await connection in group {
                connections.append(connection)
                if let next = waiting.popFirst() { group.addTask { try await next.connect() } }
            }
            return connections
        }
    }
}
