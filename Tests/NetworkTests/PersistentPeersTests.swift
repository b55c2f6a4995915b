import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// Peers that a node was told to stay connected to.
@Suite(.timeLimit(.minutes(2))) struct PersistentPeersTests {
    private func swarm(
        _ loops: EventLoopGroup, identity: PrivateKey? = nil,
        redialling: ClosedRange<Duration> = .milliseconds(5)...(.milliseconds(20))
    ) async throws -> Swarm {
        var configuration = SwarmConfiguration()
        configuration.redialInterval = redialling
        return try await Swarm(
            identity: identity ?? PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops,
            configuration: configuration)
    }

    private func nextConnection(_ events: AsyncStream<NodeEvent>) async -> Connection? {
        for await event in events {
            if case .connected(let connection) = event { return connection }
        }
        return nil
    }

    @Test func `a peer is dialled again whenever its connection ends, and until it is there`() async throws {
        let loops = EventLoopGroup(count: 1)
        let node = try await self.swarm(loops)
        let identity = try PrivateKey.generate(.ed25519)
        let peer = try await self.swarm(loops, identity: identity)
        let address = try await peer.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
        let events = node.subscribe()
        node.keepConnected(to: peer.localPeer, at: [address])
        #expect(node.connectionManager.isProtected(peer.localPeer))
        let first = try #require(await self.nextConnection(events))
        #expect(node.persistentPeers.map(\.peer) == [peer.localPeer])
        await first.close(gracePeriod: .zero)
        let second = try #require(await self.nextConnection(events))
        #expect(second.remotePeer == peer.localPeer)
        await peer.close()
        // Dials fail while the peer is away.
        var failures = 0
        for await event in events {
            if case .dialFailed(let error) = event, error.peer == peer.localPeer { failures += 1 }
            if failures == 3 { break }
        }
        #expect(node.persistentPeers.first.map { $0.failures >= 3 } == true)
        let back = try await self.swarm(loops, identity: identity)
        try await back.listen(on: address)
        #expect(await self.nextConnection(events)?.remotePeer == back.localPeer)
        await back.close()
        await node.close()
        await loops.shutdown()
    }

    @Test func `a peer that connects by itself is connected at once, and is dialled when that connection ends`()
        async throws
    {
        let loops = EventLoopGroup(count: 1)
        let node = try await self.swarm(loops, redialling: .seconds(600)...(.seconds(600)))
        let address = try await node.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
        let peer = try await self.swarm(loops)
        let events = node.subscribe()
        // Nobody listens there, so the next dial is minutes away.
        node.keepConnected(to: peer.localPeer, at: [try Multiaddr("/ip4/127.0.0.1/tcp/1")])
        for await event in events { if case .dialFailed = event { break } }
        let connection = try await peer.connect(to: address.appending(node.localPeer))
        #expect(await self.nextConnection(events)?.remotePeer == peer.localPeer)
        #expect(node.persistentPeers.map(\.state) == [.connected])
        // The wait is over: what keeps the peer has the connection, and dials again when it is gone.
        let own = try #require(node.connections.first)
        await connection.close(gracePeriod: .zero)
        _ = await own.waitUntilClosed()
        for await event in events { if case .disconnected = event { break } }
        var next: Instant?
        while next == nil {
            if case .waiting(let instant, _) = node.persistentPeers.first?.state { next = instant }
            await Task.yield()
        }
        let left = try #require(next) - EventLoop.monotonicNow()
        #expect(left > .seconds(500) && left < .seconds(700))
        await peer.close()
        await node.close()
        await loops.shutdown()
    }

    @Test func `a node that is told to stay connected to itself does not dial`() async throws {
        let loops = EventLoopGroup(count: 1)
        let node = try await self.swarm(loops)
        let address = try await node.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
        node.keepConnected(to: node.localPeer, at: [address])
        #expect(node.persistentPeers.isEmpty)
        #expect(!node.connectionManager.isProtected(node.localPeer))
        await node.close()
        await loops.shutdown()
    }
}
