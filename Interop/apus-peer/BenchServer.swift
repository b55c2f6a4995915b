import Apus

/// Serves what benchmarks ask for, without limits, until it is told to end.
enum BenchServer {
    static func run(_ arguments: Arguments, _ termination: Termination) async throws {
        var listen = try arguments.addresses("listen")
        if listen.isEmpty { listen = [Multiaddr(.v4(.loopback), tcp: 0)] }
        termination.takesLeave()
        try await BenchNode.with(arguments, listen: listen) { node in
            TestProtocols.serve(on: node.swarm)
            let addresses = node.swarm.withPeer(node.swarm.listenAddresses)
            Output.emit(["event": "ready", "peer": JSON(node.swarm.localPeer), "addrs": JSON(addresses)])
            await termination.wait()
        }
    }
}
