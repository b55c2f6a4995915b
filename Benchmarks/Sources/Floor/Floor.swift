import Bytes
import EventLoop
import Foundation
import Multiformats
import TCPTransport
import Transport

/// What this machine allows: the event loop, TCP and the cipher with frames of the largest size, and no protocol.
///
/// It has the part of the command line of `PEER bench` that the comparison needs (Interop/README.md):
/// `floor bench server`, `floor bench bulk --addr ADDR --up BYTES --down 0` or the other way round, where with `--plain` the
/// frames are not sealed and it is TCP alone that is measured, and `floor bench ping --addr ADDR --count N`, which is TCP
/// alone. With `--no-polling` the loop sleeps whenever there is no work.
@main
struct Floor {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.first == "bench", let command = arguments.dropFirst().first else { Self.refuse() }
        let options = try FloorOptions(arguments.dropFirst(2))
        let loops = EventLoopGroup(count: 1, options: EventLoopOptions(spinning: options.isPolling))
        switch command {
        case "server": try await Self.serve(on: loops)
        case "bulk": try await Self.measureBulk(options, on: loops)
        case "ping": try await Self.measurePing(options, on: loops)
        default: Self.refuse()
        }
    }

    private static func refuse() -> Never {
        FileHandle.standardError.write(Data("floor: expected bench server, or bench bulk or ping --addr ADDR\n".utf8))
        exit(2)
    }

    /// Serves until the process is ended.
    private static func serve(on loops: EventLoopGroup) async throws {
        let listener = try await TCPTransport().listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"), loops: loops) { link in
            do {
                try FloorLink(serving: link).start()
            } catch {
                FileHandle.standardError.write(Data("floor: \(error)\n".utf8))
            }
        }
        try Self.write(["event": "ready", "addrs": [listener.address.description]])
        try await Task.sleep(for: .seconds(86_400))
        await listener.close()
    }

    private static func dial(_ address: Multiaddr?, on loops: EventLoopGroup) async throws -> RawLink {
        guard let address else { throw FloorError.noAddress }
        return try await TCPTransport().dial(address, on: loops.next(), timeout: .seconds(10))
    }

    private static func measurePing(_ options: FloorOptions, on loops: EventLoopGroup) async throws {
        let link = try await Self.dial(options.address, on: loops)
        let times = try await withCheckedThrowingContinuation { continuation in
            link.loop.execute {
                do {
                    _ = try FloorPing(over: link, count: options.count) { continuation.resume(with: $0) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }.sorted()
        func microseconds(_ share: Double) -> Double { Double(times[Int(Double(times.count - 1) * share)]) / 1000 }
        try Self.write([
            "bench": "ping", "count": times.count, "p50_us": microseconds(0.5), "p99_us": microseconds(0.99),
        ])
    }

    private static func measureBulk(_ options: FloorOptions, on loops: EventLoopGroup) async throws {
        let link = try await Self.dial(options.address, on: loops)
        let request = FloorRequest(
            options.up > 0 ? .upload : .download, count: options.up + options.down, isSealed: !options.isPlain)
        let used = ProcessTime.now
        let start = EventLoop.monotonicNow()
        try await withCheckedThrowingContinuation { continuation in
            link.loop.execute {
                do {
                    let floor = try FloorLink(asking: request, over: link) { continuation.resume(with: $0) }
                    floor.start()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        let seconds = (EventLoop.monotonicNow() - start).inSeconds
        let bytes = options.up + options.down
        let result: [String: any Sendable] = [
            "bench": "bulk", "direction": options.up > 0 ? "up" : "down", "bytes": bytes, "streams": 1,
            "seconds": seconds, "mib_s": Double(bytes) / Double(1 << 20) / seconds, "cpu_s": ProcessTime.now - used,
        ]
        try Self.write(result)
    }

    private static func write(_ object: [String: any Sendable]) throws {
        let line = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}

/// Seconds of user and system time of this process.
private enum ProcessTime {
    static var now: Double {
        var usage = rusage()
        // RUSAGE_SELF, whose type differs between systems.
        getrusage(0, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
