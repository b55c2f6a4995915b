import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// Crowds that take all places for inbound connections, with and without a handshake: whoever comes is served.
@Suite(.timeLimit(.minutes(2))) struct AttackCrowdTests {
    private static func configuration(_ change: (inout ResourceLimits) -> Void) -> SwarmConfiguration {
        var configuration = SwarmConfiguration()
        var limits = ResourceLimits.unlimited
        change(&limits)
        configuration.limits = limits
        // What ends is to have given way, however busy the machine is.
        configuration.handshakeTimeout = .seconds(300)
        return configuration
    }

    private static func report(_ subject: HostileSubject) throws -> ResourceReport {
        try #require(subject.swarm.resources as? ResourceManager).report
    }

    /// Waits until so many handshakes have given way.
    private static func wait(for count: Int, in events: AsyncStream<NodeEvent>) async {
        var left = count
        for await case .inboundFailed(_, let failure) in events {
            #expect(failure.description.contains("gave its place to a newer one"))
            left -= 1
            if left == 0 { return }
        }
    }

    @Test func `handshakes of those who stay silent give way to those who come`() async throws {
        let configuration = Self.configuration { $0.transient.inboundConnections = 8 }
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            var peers: [HostilePeer] = []
            for _ in 0..<20 {
                let peer = try await subject.connect()
                peer.close(after: .seconds(100))
                peers.append(peer)
            }
            await Self.wait(for: 16, in: events)
            #expect(try Self.report(subject).transient.inboundConnections == 4)
            #expect(try Self.report(subject).refusals.contains { $0.scope == "transient" && $0.count == 16 })
            // The oldest were ended.
            #expect(await peers[0].waitForEnd() == .finished)
            try await subject.expectHonestPeerIsServed()
            for peer in peers { await peer.close() }
        }
    }

    @Test func `of the places for handshakes silence and the same first words to all take half each`() async throws {
        // Eight places.
        let configuration = Self.configuration { $0.transient.inboundConnections = 16 }
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            func silent(_ count: Int) async throws -> [HostilePeer] {
                var peers: [HostilePeer] = []
                for _ in 0..<count { peers.append(try await subject.connect()) }
                return peers
            }
            func spoken(_ count: Int) async throws -> [HostilePeer] {
                let peers = try await silent(count)
                for peer in peers {
                    await peer.send(HostilePeer.header + HostilePeer.noise + (try await peer.beginNoise()))
                    _ = try await peer.read(HostilePeer.header.count + HostilePeer.noise.count + 2)
                }
                return peers
            }
            let first = try await spoken(3)
            // Five places are left for these.
            let second = try await silent(20)
            await Self.wait(for: 15, in: events)
            for peer in second[..<15] { #expect(await peer.waitForEnd() == .finished) }
            // Each comes as a silent one: the oldest of those ends while there are four, then the oldest that has spoken.
            var third: [HostilePeer] = []
            for _ in 0..<6 { third += try await spoken(1) }
            await Self.wait(for: 6, in: events)
            for peer in second[15..<17] { #expect(await peer.waitForEnd() == .finished) }
            for peer in first { #expect(await peer.waitForEnd() == .finished) }
            #expect(await third[0].waitForEnd() == .finished)
            try await subject.expectHonestPeerIsServed()
            for peer in first + second + third { await peer.close() }
        }
    }

    @Test func `a peer that is known but agrees on no muxer gives way, too`() async throws {
        let configuration = Self.configuration { $0.transient.inboundConnections = 4 }
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            var peers: [HostilePeer] = []
            for _ in 0..<6 {
                let peer = try await subject.connect()
                try await peer.secure(muxers: [])
                peers.append(peer)
            }
            await Self.wait(for: 4, in: events)
            #expect(try Self.report(subject).system.inboundConnections == 2)
            try await subject.expectHonestPeerIsServed()
            for peer in peers { await peer.close() }
        }
    }

    @Test func `of handshakes nothing is left when they have become connections or ended`() async throws {
        let configuration = Self.configuration { $0.transient.inboundConnections = 4 }
        try await HostileSubject.with(configuration) { subject in
            // More than there are places: those that stand keep no place of a handshake.
            for _ in 0..<10 { try await subject.expectHonestPeerIsServed() }
            let (first, connection) = try await subject.attacker()
            for _ in 0..<10 {
                let (peer, _) = try await subject.attacker()
                await peer.close()
            }
            #expect(connection.closeReason == nil)
            #expect(try Self.report(subject).refusals.isEmpty)
            await first.close()
        }
    }

    @Test func `a crowd of strangers that stays gives way to those who come, and who was there before stays`()
        async throws
    {
        // Eight places, and four for handshakes and those that are ending.
        let configuration = Self.configuration { $0.system.inboundConnections = 12 }
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            var crowd: [(peer: HostilePeer, connection: Connection)] = []
            for _ in 0..<40 { crowd.append(try await subject.attacker()) }
            for await case .disconnected(let connection, let reason) in events {
                #expect(reason == .closedLocally)
                if connection.id == crowd[35].connection.id { break }
            }
            let standing = crowd.filter { $0.connection.closeReason == nil }.map(\.connection.id)
            #expect(standing == (crowd[..<4] + crowd[36...]).map(\.connection.id))
            try await subject.expectHonestPeerIsServed()
            #expect(try Self.report(subject).refusals.isEmpty)
            for (peer, _) in crowd { await peer.close() }
        }
    }

    @Test func `a crowd that stays gives way to those who are dialled, too`() async throws {
        // Beside three dials and three handshakes seven may stand.
        let configuration = Self.configuration {
            $0.system.inboundConnections = 12
            $0.system.connections = 14
        }
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            var crowd: [(peer: HostilePeer, connection: Connection)] = []
            for _ in 0..<7 { crowd.append(try await subject.attacker(patience: .seconds(100))) }
            var others: [Swarm] = []
            for _ in 0..<3 {
                let other = try await Swarm(
                    identity: try PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: subject.loops)
                let address = try await other.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
                _ = try await subject.swarm.connect(to: try address.appending(other.localPeer))
                others.append(other)
            }
            var left = 3
            for await case .disconnected(let connection, _) in events {
                #expect(connection.direction == .inbound)
                left -= 1
                if left == 0 { break }
            }
            #expect(crowd[..<2].allSatisfy { $0.connection.closeReason == nil })
            try await subject.expectHonestPeerIsServed()
            #expect(try Self.report(subject).refusals.isEmpty)
            for other in others { await other.close() }
            for (peer, _) in crowd { await peer.close() }
        }
    }

    @Test func `a protected peer keeps its place in a crowd`() async throws {
        let configuration = Self.configuration { $0.system.inboundConnections = 6 }
        try await HostileSubject.with(configuration) { subject in
            var peers: [HostilePeer] = []
            for _ in 0..<4 { peers.append(try await subject.attacker().peer) }
            let (peer, connection) = try await subject.attacker()
            subject.swarm.connectionManager.protect(connection.remotePeer, "test")
            for _ in 0..<20 { peers.append(try await subject.attacker().peer) }
            #expect(connection.closeReason == nil)
            for peer in peers + [peer] { await peer.close() }
        }
    }
}
