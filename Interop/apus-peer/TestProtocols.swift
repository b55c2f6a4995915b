import Apus

/// The protocols that every peer of the tests serves besides those of libp2p.
enum TestProtocols {
    /// Echoes until the writer half-closes, then half-closes.
    static let echo = "/echo/1.0.0"
    /// Answers each request, a u32 big-endian length and that many bytes, with the same.
    static let request = "/bench/req/1.0.0"

    /// What can be served under another name, too.
    static let all = [Self.echo, Self.request, PerfService.protocolID]

    static func serve(on node: Node) {
        for protocolID in [Self.echo, Self.request] { self.serve(protocolID, as: protocolID, on: node) }
    }

    /// Serves one of `all` under the name `alias`.
    static func serve(_ protocolID: String, as alias: String, on node: Node) {
        switch protocolID {
        case Self.echo: node.handle(alias) { EchoResponder() }
        case Self.request: node.handle(alias) { RequestResponder() }
        default: PerfService.serve(on: node.swarm, as: alias)
        }
    }
}
