import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// How many connections a node keeps.
@Suite(.timeLimit(.minutes(2))) struct ConnectionManagerTests {
    private func withNode(
        _ policy: ConnectionPolicy, clients count: Int, _ body: (Swarm, [Swarm], Multiaddr) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 1)
        var configuration = SwarmConfiguration()
        configuration.connections = policy
        let node = try await Swarm(
            identity: PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops,
            configuration: configuration)
        var clients: [Swarm] = []
        for _ in 0..<count {
            clients.append(
                try await Swarm(identity: PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops))
        }
        var failure: (any Error)?
        do {
            let address = try await node.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
            try await body(node, clients, try address.appending(node.localPeer))
        } catch {
            failure = error
        }
        for client in clients { await client.close() }
        await node.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    @Test func `above the high water the least valuable connections are closed, protected peers stay`() async throws {
        var policy = ConnectionPolicy(lowWater: 2, highWater: 4)
        policy.gracePeriod = .zero
        try await self.withNode(policy, clients: 6) { node, clients, address in
            let events = node.subscribe()
            node.connectionManager.protect(clients[0].localPeer, "test")
            node.connectionManager.tag(clients[1].localPeer, "test", 10)
            for client in clients { _ = try await client.connect(to: address) }
            var ended: Set<PeerID> = []
            for await event in events {
                if case .disconnected(let connection, let reason) = event {
                    #expect(reason == .closedLocally)
                    ended.insert(connection.remotePeer)
                }
                if ended.count == 4 { break }
            }
            #expect(ended == Set(clients[2...].map(\.localPeer)))
            #expect(node.connections.count == 2)
        }
    }

    @Test func `a connection without streams is closed where the policy says so, unless its peer is protected`()
        async throws
    {
        var policy = ConnectionPolicy(lowWater: 100, highWater: 100)
        policy.idle = .close(after: .milliseconds(100))
        try await self.withNode(policy, clients: 3) { node, clients, address in
            node.handle("/open") { stream in _ = try await stream.read() }
            let events = node.subscribe()
            node.connectionManager.protect(clients[0].localPeer, "test")
            _ = try await clients[0].connect(to: address)
            let stream = try await clients[1].openStream(to: address, ["/open"])
            let idle = try await clients[2].connect(to: address)
            #expect(await idle.waitUntilClosed() == .closedByPeer)
            for await event in events {
                if case .disconnected(let connection, _) = event {
                    #expect(connection.remotePeer == clients[2].localPeer)
                    break
                }
            }
            #expect(node.connections.count == 2)
            stream.close()
            #expect(await stream.connection.waitUntilClosed() == .closedByPeer)
        }
    }
}
