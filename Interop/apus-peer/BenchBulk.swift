import Apus

/// `/perf/1.0.0` on one warm connection, each direction by itself.
enum BenchBulk {
    /// How much goes each way where nothing is asked for.
    private static let standardAmount: UInt64 = 256 << 20

    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let arguments = options.arguments
        var up: UInt64 = try arguments.number("up", default: 0, in: 0...UInt64.max)
        var down: UInt64 = try arguments.number("down", default: 0, in: 0...UInt64.max)
        if up == 0, down == 0 { (up, down) = (self.standardAmount, self.standardAmount) }
        let streams = try arguments.count("streams", default: 1)
        let repetitions = try arguments.number("repeat", default: 1, in: 0...(1 << 20))
        let amounts = (up: up, down: down)
        try await BenchClient.withConnection(options) { connection in
            for _ in 0..<repetitions {
                if amounts.up > 0 {
                    try await self.measure(connection, "up", up: amounts.up, down: 0, streams: streams)
                }
                if amounts.down > 0 {
                    try await self.measure(connection, "down", up: 0, down: amounts.down, streams: streams)
                }
            }
        }
    }

    private static func measure(
        _ connection: Connection, _ direction: JSON, up: UInt64, down: UInt64, streams: Int
    ) async throws {
        let measurement = Measurement()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<streams {
                group.addTask {
                    _ = try await PerfService.measure(
                        on: connection, upload: self.share(up, index, of: streams),
                        download: self.share(down, index, of: streams))
                }
            }
            try await group.waitForAll()
        }
        let elapsed = measurement.elapsed
        let rate = Double(up + down) / Double(1 << 20) / max(elapsed.inSeconds, 1e-9)
        measurement.emit(
            "bulk",
            [
                "direction": direction, "bytes": JSON(up + down), "streams": JSON(streams), "seconds": elapsed.seconds,
                "mib_s": .number(rate.rounded(to: 3)),
            ])
    }

    /// The part of `total` that one of the streams moves.
    private static func share(_ total: UInt64, _ index: Int, of streams: Int) -> UInt64 {
        let (whole, rest) = total.quotientAndRemainder(dividingBy: UInt64(streams))
        return UInt64(index) < rest ? whole + 1 : whole
    }
}
