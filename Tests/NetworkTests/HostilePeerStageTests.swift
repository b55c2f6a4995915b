import Bytes
import EventLoop
import Swarm
import TestSupport
import Testing
import Transport
import Yamux

/// A peer that misbehaves on its way to a connection, or as soon as it has one, loses it; the reason is told and counted.
struct HostilePeerStageTests {
    /// How far the peer goes by the rules.
    enum Stage: CaseIterable {
        case nothing, halfMultistream, multistream, halfNoise, firstNoiseMessage, noise, halfMuxer, yamux,
            halfYamuxHeader

        var isConnection: Bool { self == .yamux || self == .halfYamuxHeader }

        func approach(_ peer: HostilePeer) async throws {
            switch self {
            case .nothing: break
            case .halfMultistream: await peer.send(Array(HostilePeer.header.prefix(7)))
            case .multistream: await peer.send(HostilePeer.header + HostilePeer.noise)
            case .halfNoise:
                await peer.send(
                    HostilePeer.header + HostilePeer.noise + (try await peer.beginNoise().prefix(20)))
            case .firstNoiseMessage:
                await peer.send(HostilePeer.header + HostilePeer.noise + (try await peer.beginNoise()))
                _ = try await peer.read(HostilePeer.header.count + HostilePeer.noise.count + 2)
            case .noise: try await peer.secure(muxers: [])
            case .halfMuxer:
                try await peer.secure(muxers: [])
                try await peer.sendSealed(Array(HostilePeer.header.prefix(7)))
            case .yamux: try await peer.secure()
            case .halfYamuxHeader:
                try await peer.secure()
                try await peer.sendSealed([0, 0, 0, 1])
            }
        }
    }

    enum Misbehaviour: CaseIterable {
        case garbage, halfClose, reset, close

        func perform(_ peer: HostilePeer) async {
            switch self {
            case .garbage:
                // No two bytes make a length that is longer than what follows.
                var random = SeededGenerator(seed: 7)
                await peer.send((0..<65_536).map { _ in UInt8.random(in: 0...15, using: &random) })
            case .halfClose: await peer.closeWrite()
            case .reset: await peer.reset()
            case .close: await peer.close()
            }
        }
    }

    @Test(arguments: Stage.allCases, Misbehaviour.allCases)
    func `a peer that misbehaves loses its connection, and no other does`(
        stage: Stage, misbehaviour: Misbehaviour
    ) async throws {
        var configuration = SwarmConfiguration()
        // What is not noticed at once is not noticed in this test.
        configuration.handshakeTimeout = .seconds(300)
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            let counter = stage.isConnection ? "connections_closed_total" : "inbound_failures_total"
            let before = HostileSubject.count(counter)
            let peer = try await subject.connect()
            try await stage.approach(peer)
            await misbehaviour.perform(peer)
            let reason = try #require(await Self.reason(events, isConnection: stage.isConnection))
            #expect(!reason.isEmpty)
            #expect(HostileSubject.count(counter) > before)
            #expect(subject.swarm.connections.isEmpty)
            _ = await peer.waitForEnd()
            await peer.close()
            try await subject.expectHonestPeerIsServed()
        }
    }

    @Test(arguments: Stage.allCases)
    func `a peer that stalls is given up when its time is over`(stage: Stage) async throws {
        var configuration = SwarmConfiguration()
        configuration.handshakeTimeout = .seconds(2)
        configuration.yamux.keepAliveInterval = .milliseconds(200)
        configuration.yamux.keepAliveTimeout = .milliseconds(400)
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            let peer = try await subject.connect()
            try await stage.approach(peer)
            let reason = try #require(await Self.reason(events, isConnection: stage.isConnection))
            #expect(reason.contains("took longer than 2.0 seconds") || reason.contains("no sign of life in time"))
            _ = await peer.waitForEnd()
            await peer.close()
        }
    }

    @Test func `a listener that waits for the muxer lets its loop sleep`() async throws {
        try await HostileSubject.with { subject in
            let peer = try await subject.connect()
            try await peer.secure(muxers: [])
            let loop = subject.loops.loops[0]
            // The keep-alive ping is due at once, and may not be sent before there is a muxer.
            try await loop.sleep(until: EventLoop.monotonicNow() + .milliseconds(50))
            let before = await loop.perform { loop.statistics.ticks }
            try await loop.sleep(until: EventLoop.monotonicNow() + .milliseconds(200))
            #expect(await loop.perform { loop.statistics.ticks } - before < 50)
            await peer.close()
        }
    }

    @Test func `the refusal of an unknown security protocol is sent, whatever was sent behind the proposal`()
        async throws
    {
        try await HostileSubject.with { subject in
            let events = subject.swarm.subscribe()
            let peer = try await subject.connect()
            await peer.send(
                HostilePeer.header + HostilePeer.message("/tls/1.0.0") + [0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            let answer = HostilePeer.header + HostilePeer.message("na")
            #expect(try await peer.read(answer.count) == answer)
            await peer.closeWrite()
            let reason = try #require(await Self.reason(events, isConnection: false))
            #expect(reason.contains("/tls/1.0.0"))
            await peer.close()
        }
    }

    @Test func `a handshake that arrives byte by byte is as good as any`() async throws {
        try await HostileSubject.with { subject in
            let peer = try await subject.connect()
            for byte in HostilePeer.header + HostilePeer.noise + (try await peer.beginNoise()) {
                await peer.send([byte])
            }
            _ = try await peer.read(HostilePeer.header.count + HostilePeer.noise.count + 2)
            await peer.close()
            try await subject.expectHonestPeerIsServed()
        }
    }

    @Test func `a reset after any byte of the handshake's start is the end of that attempt alone`() async throws {
        var configuration = SwarmConfiguration()
        configuration.handshakeTimeout = .seconds(300)
        try await HostileSubject.with(configuration) { subject in
            var failures = subject.swarm.subscribe().makeAsyncIterator()
            let length = HostilePeer.header.count + HostilePeer.noise.count + 34
            for count in 0...length {
                let peer = try await subject.connect()
                await peer.send(
                    Array((HostilePeer.header + HostilePeer.noise + (try await peer.beginNoise())).prefix(count)))
                await peer.reset()
                guard case .inboundFailed? = await failures.next() else {
                    Issue.record("no failure was told after \(count) bytes")
                    continue
                }
            }
            try await subject.expectHonestPeerIsServed()
        }
    }

    /// Why the next connection ended, or the next attempt failed: where a connection was to be, that too, so that a test ends.
    private static func reason(_ events: AsyncStream<NodeEvent>, isConnection: Bool) async -> String? {
        for await event in events {
            switch event {
            case .inboundFailed(_, let failure): return isConnection ? "no connection stood: \(failure)" : "\(failure)"
            case .disconnected(_, let reason) where isConnection: return "\(reason)"
            default: continue
            }
        }
        return nil
    }
}
