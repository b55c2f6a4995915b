import Apus

/// Serves what benchmarks ask for, without limits, until it is told to end.
enum BenchServer {
    static func run(_ arguments: Arguments, _ termination: Termination) async throws {
        var configuration = arguments.benchNode()
        configuration.listen = try arguments.addresses("listen")
        if configuration.listen.isEmpty { configuration.listen = [Multiaddr(.v4(.loopback), tcp: 0)] }
        configuration.servesPerf = true
        termination.takesLeave()
        try await withNode(configuration) { node in
            TestProtocols.serve(on: node)
            Output.emit(["event": "ready", "peer": JSON(node.peerID), "addrs": JSON(node.addresses)])
            await termination.wait()
        }
    }
}
