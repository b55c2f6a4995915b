import Apus

/// `/ipfs/ping/1.0.0` on one stream, one at a time.
enum BenchPing {
    private static let warmUps = 100

    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let count = try options.arguments.count("count", default: 10_000, limit: 100_000_000)
        try await BenchClient.withConnection(options) { connection in
            let (times, measurement, elapsed) = try await connection.exchange(PingService.protocolID) {
                PingSeries($0, warmUps: self.warmUps, count: count, result: $1)
            }
            let samples = Samples(times)
            measurement.emit(
                "ping",
                [
                    "count": JSON(samples.count), "seconds": elapsed.seconds, "min_us": samples.microseconds(0),
                    "p50_us": samples.microseconds(0.5), "p90_us": samples.microseconds(0.9),
                    "p99_us": samples.microseconds(0.99), "max_us": samples.microseconds(1),
                ])
        }
    }
}
