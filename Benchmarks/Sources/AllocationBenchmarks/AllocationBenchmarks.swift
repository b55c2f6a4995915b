import Apus
import CAllocationCounter

/// Counts the blocks of memory that two nodes ask for, both ends together: for a frame in steady state, a request and its
/// answer, a stream, and a connection.
///
/// Prints one line each: a name and a number.
@main
struct AllocationBenchmarks {
    private static let megabytes = 256
    private static let framePayload = 65_506

    static func main() async throws {
        var configuration = NodeConfiguration()
        configuration.listen = [try Multiaddr("/ip4/127.0.0.1/tcp/0")]
        configuration.servesPerf = true
        try await withNode(configuration) { server in
            let address = server.addresses[0]
            try await Self.frames(address)
            try await Self.pings(address)
            try await Self.streams(address)
            try await Self.connections(address)
        }
    }

    private static func report(_ name: String, per count: Int, _ body: () async throws -> Void) async throws {
        let before = allocation_count()
        try await body()
        let used = Double(allocation_count() - before) / Double(count)
        print("\(name) \((used * 1_000).rounded() / 1_000)")
    }

    private static func frames(_ address: Multiaddr) async throws {
        try await withNode { client in
            let connection = try await client.connect(to: address)
            let bytes = UInt64(self.megabytes) << 20
            // The windows grow and the pools fill first.
            for (name, upload, download) in [("frame-up", bytes, 0), ("frame-down", 0, bytes)] {
                _ = try await PerfService.measure(on: connection, upload: upload, download: download)
                try await self.report(name, per: Int(bytes) / self.framePayload) {
                    _ = try await PerfService.measure(on: connection, upload: upload, download: download)
                }
            }
        }
    }

    private static func pings(_ address: Multiaddr) async throws {
        try await withNode { client in
            let session = try await PingSession(connection: client.connect(to: address))
            for _ in 0..<100 { _ = try await session.ping() }
            try await self.report("ping", per: 2_000) { for _ in 0..<2_000 { _ = try await session.ping() } }
            session.close()
        }
    }

    private static func streams(_ address: Multiaddr) async throws {
        try await withNode { client in
            let connection = try await client.connect(to: address)
            for _ in 0..<100 { try await self.stream(connection) }
            try await self.report("stream", per: 1_000) { for _ in 0..<1_000 { try await self.stream(connection) } }
        }
    }

    private static func stream(_ connection: Connection) async throws {
        let session = try await PingSession(connection: connection)
        _ = try await session.ping()
        session.close()
    }

    private static func connections(_ address: Multiaddr) async throws {
        try await withNode { client in
            for _ in 0..<20 { try await client.connect(to: address).close() }
            try await self.report("connection", per: 200) {
                for _ in 0..<200 { try await client.connect(to: address).close() }
            }
        }
    }
}
