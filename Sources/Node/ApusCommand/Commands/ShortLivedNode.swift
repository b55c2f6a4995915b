import Apus

/// A node that lives for one command, and its connection to the peer that the command is about.
enum ShortLivedNode {
    static let key = Option(
        "key", "FILE", .file,
        help: "Be the peer of this key file. Without it, the node has a new key that is gone with the command.")
    static let options = [Self.key.declaration] + RunOptions.dialing

    static let address = Command.Operand(
        "ADDR",
        help: "The peer's full multiaddr, with /p2p/ and its ID at the end, such as "
            + "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW... or /dns4/example.org/tcp/4001/p2p/12D3KooW...")

    /// Connects to the peer that the first operand names, and lends the connection to `body`.
    static func withConnection<Result: Sendable>(
        _ invocation: Invocation, _ body: (Node, Connection) async throws -> Result
    ) async throws -> Result {
        let address: Multiaddr
        do {
            address = try ValueFormat.peerAddress.read(try invocation.operand(0))
        } catch let error as InvalidValue {
            throw CommandError.usage("\(error.explanation); see: apus help \(invocation.command.name)")
        }
        var configuration = try NodeConfiguration(dialing: invocation.values)
        if let path = try invocation.values.optional(Self.key) {
            configuration.identity = .key(try KeyFile(path).read())
        }
        return try await withNode(configuration) { node in
            try await body(node, try await node.connect(to: address))
        }
    }
}
