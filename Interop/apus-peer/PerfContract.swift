import Apus

/// The perf suite of unified-testing: uploads, downloads and short exchanges over one warm connection.
struct PerfContract {
    private let environment: ContractEnvironment

    init(_ environment: ContractEnvironment) { self.environment = environment }

    /// The string under which the address is handed over; the transport suite has a list of the same name.
    private var key: String { self.environment.key("listener_multiaddr") }

    /// How long the listener's address is waited for.
    private static let patience = Duration.seconds(60)

    func run() async throws {
        var configuration = try self.environment.configuration()
        configuration.servesPerf = true
        try await withNode(configuration) { node in
            let server = self.environment["REDIS_ADDR"] ?? "perf-redis:6379"
            let redis = try await RedisClient(server, within: Self.patience)
            if self.environment.isDialer {
                try await self.dial(node, redis)
            } else {
                let address = try self.environment.publishedAddress(of: node)
                try await redis.set(self.key, to: "\(address)")
                Output.log("listening at \(address)")
                // The suite ends its listener.
                while true { try await Task.sleep(for: .seconds(3_600)) }
            }
        }
    }

    private func dial(_ node: Node, _ redis: RedisClient) async throws {
        let up = try self.environment.number("UPLOAD_BYTES", default: 1 << 30)
        let down = try self.environment.number("DOWNLOAD_BYTES", default: 1 << 30)
        let address = try await redis.value(of: self.key, within: Self.patience)
        let connection = try await node.connect(to: Multiaddr(address))
        try await self.measure(connection, "upload", "UPLOAD_ITERATIONS", default: 10, up: up, down: 0)
        try await self.measure(connection, "download", "DOWNLOAD_ITERATIONS", default: 10, up: 0, down: down)
        try await self.measure(connection, "latency", "LATENCY_ITERATIONS", default: 100, up: 1, down: 1)
    }

    private func measure(
        _ connection: Connection, _ section: String, _ iterations: String, default count: UInt64, up: UInt64,
        down: UInt64
    ) async throws {
        let count = try self.environment.number(iterations, default: count)
        let isLatency = section == "latency"
        var values: [Double] = []
        for index in 0..<count {
            let time = try await PerfService.measure(on: connection, upload: up, download: down).total.inSeconds
            values.append(isLatency ? time * 1e3 : Double(up + down) * 8 / max(time, 1e-9) / 1e9)
            Output.log("\(section) \(index + 1) of \(count): \(values[values.count - 1]) \(isLatency ? "ms" : "Gbps")")
        }
        let distribution = Distribution(values, decimals: isLatency ? 3 : 2)
        Output.write("\(section):\n  iterations: \(count)\n\(distribution.lines)  unit: \(isLatency ? "ms" : "Gbps")\n")
    }
}
