import Apus

/// Connections one after the other from several clients: dial, secure, one ping, close.
enum BenchConnect {
    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let workers = try options.arguments.count("parallel", default: 1)
        let time = try options.arguments.duration("seconds", default: 5)
        let sameKey = options.arguments.has("same-key")
        let (clients, loops) = try await LightClient.make(
            workers, for: options.address, sameKey: sameKey, as: options.arguments.benchNode())
        let measurement = Measurement()
        let end = measurement.start + time
        var times: [Int64] = []
        var failed = 0
        await withTaskGroup(of: ([Int64], Int).self) { group in
            for client in clients {
                group.addTask(executorPreference: loops.next().taskExecutor) { await self.work(client, until: end) }
            }
            for await (clientTimes, clientFailed) in group {
                times += clientTimes
                failed += clientFailed
            }
        }
        let elapsed = measurement.elapsed
        let samples = Samples(times)
        measurement.emit(
            "connect",
            [
                "parallel": JSON(workers), "same_key": .boolean(sameKey), "connections": JSON(samples.count),
                "errors": JSON(failed), "seconds": elapsed.seconds, "per_s": elapsed.rate(samples.count),
                "p50_ms": samples.milliseconds(0.5), "p99_ms": samples.milliseconds(0.99),
            ])
    }

    /// Returns how long each visit took, and how many failed.
    private static func work(_ client: LightClient, until end: Instant) async -> ([Int64], Int) {
        var times: [Int64] = []
        var failed = 0
        while true {
            let start = EventLoop.monotonicNow()
            guard start < end else { return (times, failed) }
            do {
                try await client.connect().close()
                times.append((EventLoop.monotonicNow() - start).saturatingNanoseconds)
            } catch {
                failed += 1
                if failed == 1 { Output.log("connect: \(error)") }
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
    }
}
