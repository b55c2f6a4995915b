import Bytes
import EventLoop
import PeerIdentity
import Swarm
import Testing
import Transport

/// Peers that take as much as they can get: each is refused by its own account, and others are served.
struct AttackResourceTests {
    private static func limits(_ change: (inout ResourceLimits) -> Void) -> SwarmConfiguration {
        var configuration = SwarmConfiguration()
        var limits = ResourceLimits.unlimited
        change(&limits)
        configuration.limits = limits
        return configuration
    }

    private static func report(_ subject: HostileSubject) throws -> ResourceReport {
        try #require(subject.swarm.resources as? ResourceManager).report
    }

    @Test func `one peer has so many connections and no more`() async throws {
        try await HostileSubject.with(Self.limits { $0.peer.connections = 8 }) { subject in
            let identity = try PrivateKey.generate(.ed25519)
            let events = subject.swarm.subscribe()
            var peers: [HostilePeer] = []
            for _ in 0..<20 {
                let peer = try await subject.connect()
                try await peer.secure(identity: identity)
                peers.append(peer)
            }
            var (connected, refused) = (0, 0)
            for await event in events {
                if case .connected = event { connected += 1 }
                if case .inboundFailed(_, let failure) = event {
                    #expect(failure.description.contains("this node refused the connection"))
                    refused += 1
                }
                if connected + refused == 20 { break }
            }
            #expect((connected, refused) == (8, 12))
            #expect(try Self.report(subject).refusals.contains { $0.scope == "peer" && $0.count == 12 })
            try await subject.expectHonestPeerIsServed()
            for peer in peers { await peer.close() }
        }
    }

    @Test func `what has no peer yet has so many sockets and no more`() async throws {
        // One for the listener, and one for a connection that stands: nothing gives way where it is the only one.
        try await HostileSubject.with(Self.limits { $0.system.fileDescriptors = 2 }) { subject in
            let (peer, connection) = try await subject.attacker()
            let events = subject.swarm.subscribe()
            var peers = [peer]
            for _ in 0..<6 { peers.append(try await subject.connect()) }
            for peer in peers { peer.close(after: .seconds(60)) }
            var reasons: [String] = []
            for await case .inboundFailed(_, let failure) in events {
                reasons.append(failure.description)
                if reasons.count == 6 { break }
            }
            #expect(reasons.allSatisfy { $0.contains("this node refused the connection") }, "\(reasons)")
            #expect(connection.closeReason == nil)
            for peer in peers { await peer.close() }
        }
    }

    @Test func `one peer has so many streams and no more`() async throws {
        try await HostileSubject.with(Self.limits { $0.peer.inboundStreams = 20 }) { subject in
            let (peer, connection) = try await subject.attacker()
            let answer = try await peer.answer(
                to: (0..<200 as Range<UInt32>).flatMap { HostilePeer.begin(2 * $0 + 1) })
            #expect(answer.isAlive)
            #expect(answer.resets == 180)
            #expect(connection.streamCount == 20)
            try await subject.expectHonestPeerIsServed()
            await peer.close()
        }
    }

    @Test func `one peer's streams hold so much memory and no more`() async throws {
        try await HostileSubject.with(Self.limits { $0.peer.memory = 2 << 20 }) { subject in
            let (peer, connection) = try await subject.attacker()
            let answer = try await peer.answer(
                to: (0..<50 as Range<UInt32>).flatMap { HostilePeer.begin(2 * $0 + 1) })
            #expect(answer.isAlive)
            // Each is charged with its first window of 256 KiB.
            #expect(connection.streamCount <= 8)
            #expect(answer.resets >= 42)
            #expect(try Self.report(subject).system.memory < 8 << 20)
            try await subject.expectHonestPeerIsServed()
            await peer.close()
        }
    }

    @Test func `streams that agree on nothing give way to those of others`() async throws {
        let configuration = Self.limits { $0.transient.streams = 64 }
        try await HostileSubject.with(configuration) { subject in
            var peers: [HostilePeer] = []
            var ended = 0
            for _ in 0..<4 {
                let (peer, _) = try await subject.attacker()
                let answer = try await peer.answer(
                    to: (0..<50 as Range<UInt32>).flatMap {
                        HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 2 * $0 + 1)
                    })
                #expect(answer.isAlive)
                ended += answer.resets
                peers.append(peer)
            }
            #expect(ended > 0)
            #expect(try Self.report(subject).transient.inboundStreams <= 32)
            #expect(try Self.report(subject).refusals.contains { $0.scope == "transient" })
            try await subject.expectHonestPeerIsServed()
            for peer in peers { await peer.close() }
        }
    }

    @Test func `of half-open streams nothing is left when they end or agree`() async throws {
        try await HostileSubject.with(Self.limits { $0.transient.streams = 8 }) { subject in
            let (peer, connection) = try await subject.attacker()
            for batch in 0..<50 as Range<UInt32> {
                let frames = (batch * 20..<batch * 20 + 20).flatMap { number in
                    HostilePeer.begin(2 * number + 1)
                        + HostilePeer.frame(1, flags: HostilePeer.resetFlag, stream: 2 * number + 1)
                }
                #expect(try await peer.answer(to: frames).isAlive)
            }
            #expect(connection.streamCount == 0)
            #expect(try Self.report(subject).transient.isEmpty)
            try await subject.expectHonestPeerIsServed()
            await peer.close()
        }
    }
}
