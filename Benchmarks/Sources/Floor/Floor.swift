import Bytes
import EventLoop
import Foundation
import Multiformats
import TCPTransport
import Transport

/// What this machine allows: the event loop, TCP and the cipher with frames of the largest size, and no protocol.
///
/// It has the part of the command line of `PEER bench` that the comparison needs (Interop/README.md):
/// `floor bench server`, and `floor bench bulk --addr ADDR --up BYTES --down 0` or the other way round; with `--plain` the
/// frames are not sealed, and it is TCP alone that is measured.
@main
struct Floor {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.first == "bench", let command = arguments.dropFirst().first else { Self.refuse() }
        switch command {
        case "server": try await Self.serve()
        case "bulk": try await Self.measure(Options(arguments.dropFirst(2)))
        default: Self.refuse()
        }
    }

    private static func refuse() -> Never {
        FileHandle.standardError.write(Data("floor: expected bench server, or bench bulk --addr ADDR\n".utf8))
        exit(2)
    }

    /// Serves until the process is ended.
    private static func serve() async throws {
        let loops = EventLoopGroup(count: 1)
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

    private static func measure(_ options: Options) async throws {
        let loops = EventLoopGroup(count: 1)
        let link = try await TCPTransport().dial(options.address, on: loops.next(), timeout: .seconds(10))
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

/// The options of `bulk`.
private struct Options {
    let address: Multiaddr
    var up = 0
    var down = 0
    var isPlain = false

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        var address: Multiaddr?
        while let name = rest.popFirst() {
            if name == "--plain" {
                self.isPlain = true
                continue
            }
            guard let value = rest.popFirst() else { break }
            switch name {
            case "--addr": address = try Multiaddr(value)
            case "--up": self.up = Int(value) ?? 0
            case "--down": self.down = Int(value) ?? 0
            // What the peers understand and this does not, such as a number of streams.
            default: continue
            }
        }
        guard let address else { throw FloorError.noAddress }
        self.address = address
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

extension Duration {
    fileprivate var inSeconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }
}
