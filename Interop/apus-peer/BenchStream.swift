import Apus

/// Short echo streams over one connection: open, negotiate, write, half-close, read to the end.
enum BenchStream {
    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let workers = try options.arguments.count("parallel", default: 1)
        let time = try options.arguments.duration("seconds", default: 5)
        try await BenchClient.withConnection(options) { connection in
            let measurement = Measurement()
            let end = measurement.start + time
            // On the connection's loop a worker is woken for a fraction of what it costs elsewhere.
            let (done, failed) = await withTaskExecutorPreference(connection.loop.taskExecutor) {
                await withTaskGroup(of: (Int, Int).self) { group in
                    for _ in 0..<workers { group.addTask { await self.work(connection, until: end) } }
                    return await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
                }
            }
            let elapsed = measurement.elapsed
            measurement.emit(
                "stream",
                [
                    "parallel": JSON(workers), "streams": JSON(done), "errors": JSON(failed),
                    "seconds": elapsed.seconds, "per_s": elapsed.rate(done),
                ])
        }
    }

    /// Returns how many streams succeeded and how many failed.
    private static func work(_ connection: Connection, until end: Instant) async -> (Int, Int) {
        var (done, failed) = (0, 0)
        while EventLoop.monotonicNow() < end, connection.closeReason == nil {
            do {
                try await connection.exchange(TestProtocols.echo) { ShortEcho($0, result: $1) }
                done += 1
            } catch {
                failed += 1
                if failed == 1 { Output.log("stream: \(error)") }
            }
        }
        return (done, failed)
    }
}
