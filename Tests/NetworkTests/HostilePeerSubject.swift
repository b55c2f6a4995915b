import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Telemetry
import Testing
import Transport

/// A node that listens on loopback for hostile peers, and what it tells of them.
struct HostileSubject: Sendable {
    static let echo = "/echo/1.0.0"

    let swarm: Swarm
    let address: Multiaddr
    let loops: EventLoopGroup
    let peerLoop: EventLoop

    func connect() async throws -> HostilePeer {
        try await HostilePeer.connect(to: self.address.tcpSocketAddress(), on: self.peerLoop)
    }

    /// Connects and goes through the handshake by the rules; returns both ends.
    func secured() async throws -> (peer: HostilePeer, connection: Connection) {
        let events = self.swarm.subscribe()
        let peer = try await self.connect()
        try await peer.secure()
        for await event in events {
            if case .connected(let connection) = event { return (peer, connection) }
        }
        throw CancellationError()
    }

    /// An honest peer is served as if nothing had happened.
    func expectHonestPeerIsServed() async throws {
        let honest = try await Swarm(
            identity: try PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: self.loops)
        do {
            let address = try #require(self.swarm.withPeer([self.address]).first)
            let stream = try await honest.openStream(to: address, [Self.echo], timeout: .seconds(60))
            try await stream.write(Bytes(utf8: "hello"))
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100, timeout: .seconds(60)) == Bytes(utf8: "hello"))
        } catch {
            Issue.record(error)
        }
        await honest.close()
    }

    static func with(
        _ configuration: SwarmConfiguration = .init(), _ body: (HostileSubject) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 1)
        let peerLoop = EventLoop(index: 0)
        let swarm = try await Swarm(
            identity: try PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops,
            configuration: configuration)
        swarm.handle(Self.echo, on: .loop) { stream in
            for try await chunk in stream { try await stream.write(chunk) }
        }
        var failure: (any Error)?
        do {
            let address = try await swarm.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
            try await body(HostileSubject(swarm: swarm, address: address, loops: loops, peerLoop: peerLoop))
        } catch {
            failure = error
        }
        await swarm.close()
        await loops.shutdown()
        await peerLoop.stop()
        if let failure { throw failure }
    }

    /// What one of the swarm's counters stands at, over all its labels.
    static func count(_ name: String) -> UInt64 {
        MetricsRegistry.shared.snapshot().reduce(0) { sum, sample in
            guard sample.identity.name.hasSuffix(name), case .counter(let value) = sample.value else { return sum }
            return sum + value
        }
    }
}
