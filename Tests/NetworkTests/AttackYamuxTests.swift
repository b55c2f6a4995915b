import Bytes
import EventLoop
import Swarm
import Testing
import Transport
import Yamux

/// Attacks on an established session. A ping behind each shows whether the connection still stands.
struct AttackYamuxTests {
    static let violations: [(name: String, frames: [UInt8])] = [
        ("version", [9] + Array(repeating: 0, count: 11)),
        ("number 0", HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 0)),
        ("parity", HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 2)),
        ("twice", HostilePeer.begin(1) + HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 1)),
        // Nothing is allocated for it, and nobody waits for 4 GiB.
        ("claimed length", HostilePeer.frame(0, stream: 7, value: .max)),
        ("window", HostilePeer.begin(1) + HostilePeer.data(1, Array(repeating: 1, count: 300_000))),
        ("credit", HostilePeer.begin(1) + HostilePeer.frame(1, stream: 1, value: .max)),
    ]

    @Test(arguments: violations.map(\.name))
    func `a broken rule of the session ends it at once`(name: String) async throws {
        let violation = try #require(Self.violations.first { $0.name == name })
        try await HostileSubject.with { subject in
            subject.swarm.handle(HostileSubject.echo) { _ in IdleHandler() }
            let (peer, connection) = try await subject.attacker()
            let answer = try await peer.answer(to: violation.frames)
            #expect(!answer.isAlive)
            #expect(answer.frames.contains { $0[1] == 3 && $0[11] == 1 }, "GoAway names a protocol error")
            guard case .protocolViolation = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            await peer.close()
        }
    }

    @Test func `data behind the end of a stream's half resets that stream alone`() async throws {
        try await HostileSubject.with { subject in
            let (peer, _) = try await subject.attacker()
            let answer = try await peer.answer(
                to: HostilePeer.begin(1) + HostilePeer.frame(1, flags: HostilePeer.finish, stream: 1)
                    + HostilePeer.data(1, [1, 2, 3]))
            #expect(answer.isAlive)
            #expect(answer.hasReset(1))
            await peer.close()
        }
    }

    @Test func `of 100,000 streams that nobody accepted 256 stand, and all others are refused`() async throws {
        var configuration = SwarmConfiguration()
        configuration.limits = .unlimited
        configuration.yamux.maximumUnansweredFrames = 200_000
        try await HostileSubject.with(configuration) { subject in
            let (peer, connection) = try await subject.attacker()
            var frames: [UInt8] = []
            for number in 0..<100_000 as Range<UInt32> {
                frames += HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 2 * number + 1)
            }
            let answer = try await peer.answer(to: frames)
            #expect(answer.isAlive)
            #expect(answer.resets == 100_000 - 256)
            #expect(connection.streamCount == 256)
            await peer.close()
        }
    }

    @Test func `a session has as many streams as it may`() async throws {
        var configuration = SwarmConfiguration()
        configuration.yamux.maximumStreams = 20
        try await HostileSubject.with(configuration) { subject in
            let (peer, _) = try await subject.attacker()
            let answer = try await peer.answer(
                to: (0..<50 as Range<UInt32>).flatMap { HostilePeer.begin(2 * $0 + 1) })
            #expect(answer.isAlive)
            #expect(answer.resets == 30)
            await peer.close()
        }
    }

    @Test func `a stream that crosses our GoAway is refused, and is no violation`() async throws {
        var session = YamuxSession(role: .listener, now: .zero)
        session.goAway(.normal)
        let frames = HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 1)
        var reader = BytesReader(Bytes(frames))
        #expect(try session.next(&reader, now: .zero) == nil)
        #expect(session.streamCount == 0)
        #expect(session.refusedStreams == 0)
    }

    @Test func `a peer that pings and does not read the answers is cut off`() async throws {
        var configuration = SwarmConfiguration()
        configuration.yamux.maximumIdleFrames = .max
        try await HostileSubject.with(configuration) { subject in
            let (peer, connection) = try await subject.secured()
            await peer.stopReading()
            let pings = Array((0..<2_000).flatMap { _ in HostilePeer.frame(2, flags: HostilePeer.synchronize) })
            var rounds = 0
            while connection.closeReason == nil, rounds < 2_000 {
                try await peer.sendSealed(pings)
                rounds += 1
            }
            guard case .protocolViolation(let text) = connection.closeReason else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            #expect(text.contains("does not read the answers"))
            await peer.close()
        }
    }

    private static let idleFrames: [(name: String, frames: [UInt8])] = [
        ("pings", HostilePeer.frame(2, flags: HostilePeer.synchronize)),
        ("pongs", HostilePeer.frame(2, flags: 2)),
        ("goaway", HostilePeer.frame(3)),
        ("updates", HostilePeer.frame(1, stream: 1, value: 1)),
    ]

    @Test(arguments: idleFrames.map(\.name)) func `frames that move nothing end the session where they have no end`(
        name: String
    ) async throws {
        let frame = try #require(Self.idleFrames.first { $0.name == name }?.frames)
        var configuration = SwarmConfiguration()
        configuration.yamux.maximumUnansweredFrames = .max
        try await HostileSubject.with(configuration) { subject in
            let (peer, connection) = try await subject.attacker()
            // The stream keeps the session up, which ends behind a GoAway without one.
            try await peer.sendSealed(HostilePeer.begin(1))
            let answer = try await peer.answer(to: (0..<100_000).flatMap { _ in frame })
            #expect(!answer.isAlive)
            guard case .protocolViolation(let text) = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            #expect(text.contains("without an end"))
            await peer.close()
        }
    }

    @Test func `streams that are begun and reset at once leave nothing behind`() async throws {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.attacker(patience: .seconds(60))
            // No more at once than are served.
            for batch in 1...40 as ClosedRange<UInt32> {
                var frames: [UInt8] = []
                for number in batch * 250..<batch * 250 + 250 {
                    frames += HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 2 * number + 1)
                    frames += HostilePeer.frame(1, flags: HostilePeer.resetFlag, stream: 2 * number + 1)
                }
                let flood = try await peer.answer(to: frames)
                #expect(flood.isAlive, "\(String(describing: connection.closeReason))")
                #expect(flood.resets == 0)
            }
            #expect(connection.streamCount == 0)
            let answer = try await peer.answer(to: HostilePeer.begin(1))
            #expect(!answer.hasReset(1))
            await peer.close()
        }
    }

    @Test func `of streams that are begun and reset at once no more are served than may be unaccepted`() async throws {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.attacker()
            let before = HostileSubject.count("stream_violations_total")
            let answer = try await peer.answer(
                to: (0..<1_000 as Range<UInt32>).flatMap { number in
                    HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 2 * number + 1)
                        + HostilePeer.frame(1, flags: HostilePeer.resetFlag, stream: 2 * number + 1)
                })
            #expect(answer.isAlive)
            #expect(answer.resets == 1_000 - 256)
            #expect(connection.streamCount == 0)
            #expect(HostileSubject.count("stream_violations_total") > before)
            await peer.close()
        }
    }

    @Test func `handlers of streams that were reset are as many as a connection may have streams`() async throws {
        try await HostileSubject.with { subject in
            let begun = Locked(0)
            // A handler that is at work, and does not look at its stream.
            subject.swarm.handle("/work", on: .loop) { _ in
                begun.withLock { $0 += 1 }
                try await subject.peerLoop.sleep(until: .distantFuture)
            }
            let (peer, connection) = try await subject.attacker(patience: .seconds(60))
            // No more at once than are served.
            for batch in 0..<30 as Range<UInt32> {
                let frames = (batch * 200..<batch * 200 + 200).flatMap { number in
                    HostilePeer.begin(2 * number + 1, "/work")
                        + HostilePeer.frame(1, flags: HostilePeer.resetFlag, stream: 2 * number + 1)
                }
                let flood = try await peer.answer(to: frames)
                #expect(flood.isAlive, "\(String(describing: connection.closeReason))")
            }
            #expect(begun.withLock { $0 } == 4_096)
            await peer.close()
        }
    }

    @Test func `a peer without a sign of life is given up`() async throws {
        var configuration = SwarmConfiguration()
        configuration.yamux.keepAliveInterval = .milliseconds(100)
        configuration.yamux.keepAliveTimeout = .milliseconds(200)
        try await HostileSubject.with(configuration) { subject in
            let (peer, connection) = try await subject.secured()
            peer.close(after: .seconds(5))
            #expect(await connection.waitUntilClosed() == .timedOut)
            await peer.close()
        }
    }

    @Test func `a stream that the peer leaves half open is reset`() async throws {
        var configuration = SwarmConfiguration()
        configuration.yamux.lingerTimeout = .milliseconds(200)
        try await HostileSubject.with(configuration) { subject in
            subject.swarm.handle("/short", on: .loop) { _ in }
            let (peer, _) = try await subject.secured()
            peer.close(after: .seconds(5))
            try await peer.sendSealed(HostilePeer.begin(1, "/short"))
            #expect(await peer.waitForReset(of: 1))
            await peer.close()
        }
    }

    @Test func `a stream that does not agree on a protocol in time is reset`() async throws {
        var configuration = SwarmConfiguration()
        configuration.negotiationTimeout = .milliseconds(200)
        try await HostileSubject.with(configuration) { subject in
            let (peer, _) = try await subject.secured()
            peer.close(after: .seconds(5))
            try await peer.sendSealed(HostilePeer.frame(1, flags: HostilePeer.synchronize, stream: 1))
            #expect(await peer.waitForReset(of: 1))
            await peer.close()
        }
    }
}

/// Reads nothing, so that no window is given back.
private final class IdleHandler: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) { stream.pauseReading() }
}
