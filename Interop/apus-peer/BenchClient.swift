import Apus

/// What the measurements over one connection share: a node that dials, and its warm connection.
enum BenchClient {
    /// Connects to the address, waits until both sides are identified, and lends the connection to `body`.
    static func withConnection(
        _ options: (arguments: Arguments, address: Multiaddr), _ body: (Connection) async throws -> Void
    ) async throws {
        try await withNode(options.arguments.benchNode()) { node in
            let connection = try await node.connect(to: options.address)
            // What follows is measured, and a stream opens without a round trip when the peer's protocols are known.
            _ = try await node.identify?.information(of: connection)
            try await body(connection)
        }
    }
}
