import Apus

/// The transport suites: a listener publishes its address, a dialler connects and pings it once.
struct TransportContract {
    private let environment: ContractEnvironment

    init(_ environment: ContractEnvironment) { self.environment = environment }

    /// The list in which the address is handed over.
    private var list: String {
        self.environment.isUnified ? self.environment.key("listener_multiaddr") : "listenerAddr"
    }

    func run() async throws {
        let limit = self.environment.timeout
        try await withNode(self.environment.configuration()) { node in
            let server =
                self.environment["REDIS_ADDR"] ?? (self.environment.isUnified ? "transport-redis:6379" : "redis:6379")
            let redis = try await RedisClient(server, within: limit)
            if self.environment.isDialer {
                try await self.dial(node, redis, limit)
            } else {
                let address = try self.environment.publishedAddress(of: node)
                try await redis.push("\(address)", to: self.list)
                Output.log("listening at \(address)")
                try await Task.sleep(for: limit)
                throw CommandError("nobody ended the listener within \(limit)")
            }
        }
    }

    private func dial(_ node: Node, _ redis: RedisClient, _ limit: Duration) async throws {
        let address = try Multiaddr(try await redis.pop(from: self.list, within: limit))
        let start = EventLoop.monotonicNow()
        let connection = try await node.connect(to: address)
        let ping = try await PingSession(connection: connection, timeout: limit)
        let roundTrip = try await ping.ping(timeout: limit)
        self.print(EventLoop.monotonicNow() - start, roundTrip)
        ping.close()
    }

    /// The suites read standard output, so that nothing else may be there; the older one spells its second name so.
    private func print(_ whole: Duration, _ roundTrip: Duration) {
        let (whole, roundTrip) = (whole.inSeconds * 1e3, roundTrip.inSeconds * 1e3)
        if self.environment.isUnified {
            Output.write(
                """
                latency:
                  handshake_plus_one_rtt: \(whole.text(decimals: 3))
                  ping_rtt: \(roundTrip.text(decimals: 3))
                  unit: ms

                """)
        } else {
            let fields = [
                "\"handshakePlusOneRTTMillis\":\(whole.text(decimals: 3))",
                "\"pingRTTMilllis\":\(roundTrip.text(decimals: 3))",
            ]
            Output.write("{\(fields.joined(separator: ","))}\n")
        }
    }
}
