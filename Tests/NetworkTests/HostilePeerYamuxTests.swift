import Bytes
import EventLoop
import Swarm
import Testing
import Transport
import Yamux

/// What a peer may do with Yamux over a real socket, and what it may not.
struct HostilePeerYamuxTests {
    private static let synchronize: UInt16 = 1
    private static let finish: UInt16 = 4
    private static let resetFlag: UInt16 = 8

    /// The frames of a stream that agrees on `/sink`, up to its data.
    private static func begin(_ stream: UInt32, _ name: String = "/sink") -> [UInt8] {
        HostilePeer.frame(1, flags: self.synchronize, stream: stream)
            + HostilePeer.data(stream, HostilePeer.header + HostilePeer.message(name))
    }

    struct Violation: CustomTestStringConvertible {
        let testDescription: String
        let frames: [UInt8]
        let reason: String
    }

    static let violations: [Violation] = [
        Violation(
            testDescription: "version", frames: [9] + Array(repeating: 0, count: 11), reason: "unknown version 9"),
        Violation(testDescription: "type", frames: HostilePeer.frame(7), reason: "unknown type 7"),
        Violation(
            testDescription: "parity", frames: HostilePeer.frame(1, flags: synchronize, stream: 2),
            reason: "stream 2, a number that is not its to choose"),
        Violation(
            testDescription: "twice", frames: begin(1) + HostilePeer.frame(1, flags: synchronize, stream: 1),
            reason: "already open"),
        Violation(
            testDescription: "oversize", frames: begin(1) + HostilePeer.frame(0, stream: 1, value: .max),
            reason: "longer than any window"),
        Violation(
            testDescription: "window", frames: begin(1) + HostilePeer.frame(0, stream: 1, value: 300_000),
            reason: "more on stream 1 than its window allows"),
        Violation(
            testDescription: "credit", frames: begin(1) + HostilePeer.frame(1, stream: 1, value: .max),
            reason: "grew past 2^32 - 1"),
    ]

    @Test(arguments: violations, [1, 5, 4_096])
    func `a broken rule ends the connection with its reason, however the frames are cut`(
        violation: Violation, pieceSize: Int
    ) async throws {
        try await HostileSubject.with { subject in
            subject.swarm.handle("/sink") { _ in Sink() }
            let (peer, connection) = try await subject.secured()
            var rest = violation.frames[...]
            while !rest.isEmpty {
                try await peer.sendSealed(Array(rest.prefix(pieceSize)))
                rest = rest.dropFirst(pieceSize)
            }
            let reason = await connection.waitUntilClosed()
            guard case .protocolViolation(let text) = reason else {
                Issue.record("\(reason)")
                return
            }
            #expect(text.contains(violation.reason))
            await peer.close()
            try await subject.expectHonestPeerIsServed()
        }
    }

    @Test func `a violation keeps its reason though the peer is gone when it is seen`() async throws {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed([9] + Array(repeating: 0, count: 11))
            await peer.reset()
            guard case .protocolViolation = await connection.waitUntilClosed() else {
                Issue.record("the reason was lost")
                return
            }
        }
    }

    @Test func `messages too short or changed on the way end the connection`() async throws {
        try await HostileSubject.with { subject in
            for message in [
                [0, 0], [0, 15] + Array(repeating: 0, count: 15), [0, 16] + Array(repeating: 0, count: 16),
            ] {
                let (peer, connection) = try await subject.secured()
                await peer.send(message.map(UInt8.init))
                guard case .protocolViolation = await connection.waitUntilClosed() else {
                    Issue.record("\(message.count) bytes were taken")
                    return
                }
                await peer.close()
            }
        }
    }

    @Test func `a flood of streams leaves as many open as may wait`() async throws {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.secured()
            let frames = (0..<600).flatMap { HostilePeer.frame(1, flags: Self.synchronize, stream: 2 * UInt32($0) + 1) }
            try await peer.sendSealed(Array(frames))
            var resets = 0
            while resets < 600 - 256 {
                let frames = try await peer.readSealed()
                for start in stride(from: 0, to: frames.count - 11, by: 12)
                where frames[start + 1] == 1 && frames[start + 3] == 8 { resets += 1 }
            }
            #expect(resets == 600 - 256)
            #expect(connection.closeReason == nil)
            await peer.close()
        }
    }

    @Test func `a peer that asks and never reads the answers is cut off`() async throws {
        var configuration = SwarmConfiguration()
        configuration.yamux.maximumIdleFrames = .max
        try await HostileSubject.with(configuration) { subject in
            let (peer, connection) = try await subject.secured()
            await peer.stopReading()
            let pings = Array((0..<1_000).flatMap { _ in HostilePeer.frame(2, flags: Self.synchronize) })
            while connection.closeReason == nil { try await peer.sendSealed(pings) }
            guard case .protocolViolation(let text) = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            #expect(text.contains("does not read the answers"))
            await peer.close()
        }
    }

    @Test(arguments: [true, false])
    func `bytes sent just before a reset of the stream are delivered`(onLoop: Bool) async throws {
        try await HostileSubject.with { subject in
            let received = PendingResult<(Int, StreamCloseReason?)>()
            subject.swarm.handle("/sink", on: onLoop ? .loop : .anywhere) { stream in await Self.count(stream, received)
            }
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed(
                Self.begin(1) + HostilePeer.data(1, Array(repeating: 5, count: 50_000))
                    + HostilePeer.frame(1, flags: Self.resetFlag, stream: 1, value: 3))
            let (count, reason) = try await received.wait()
            #expect(count == 50_000)
            #expect(reason == .resetByPeer(code: 3))
            #expect(connection.closeReason == nil)
            await peer.close()
        }
    }

    @Test(arguments: [true, false])
    func `bytes sent just before a reset of the TCP connection are delivered, then it is closed`(
        onLoop: Bool
    ) async throws {
        try await HostileSubject.with { subject in
            let received = PendingResult<(Int, StreamCloseReason?)>()
            subject.swarm.handle("/sink", on: onLoop ? .loop : .anywhere) { stream in await Self.count(stream, received)
            }
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed(Self.begin(1) + HostilePeer.data(1, Array(repeating: 5, count: 50_000)))
            await peer.reset()
            let (count, reason) = try await received.wait()
            #expect(count == 50_000)
            guard case .connectionClosed? = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
            _ = await connection.waitUntilClosed()
            #expect(subject.swarm.connections.isEmpty)
        }
    }

    @Test func `a stream that breaks the rules ends alone, and is counted`() async throws {
        var configuration = SwarmConfiguration()
        configuration.negotiationTimeout = .milliseconds(200)
        try await HostileSubject.with(configuration) { subject in
            let before = HostileSubject.count("stream_violations_total")
            let (peer, connection) = try await subject.secured()
            // Garbage instead of a proposal, a half that ends before one, and silence.
            try await peer.sendSealed(
                HostilePeer.frame(1, flags: Self.synchronize, stream: 1) + HostilePeer.data(1, Array("GET / HTTP".utf8))
                    + HostilePeer.frame(1, flags: Self.synchronize | Self.finish, stream: 3)
                    + HostilePeer.frame(1, flags: Self.synchronize, stream: 5))
            var ended: Set<UInt8> = []
            while ended.count < 3 {
                let frames = try await peer.readSealed()
                for start in stride(from: 0, to: frames.count - 11, by: 12) where frames[start + 3] & 8 != 0 {
                    ended.insert(frames[start + 7])
                }
            }
            #expect(ended == [1, 3, 5])
            #expect(HostileSubject.count("stream_violations_total") >= before + 3)
            #expect(connection.closeReason == nil)
            await peer.close()
        }
    }

    @Test func `a stream that waits for a place is begun when streams that nobody accepted are given up`() async throws
    {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.secured()
            await withThrowingTaskGroup { group in
                // As many as a peer may leave unanswered.
                for _ in 0..<256 {
                    group.addTask { _ = try await connection.openStream(["/a"], timeout: .milliseconds(500)) }
                }
                var bytes: [UInt8] = []
                while bytes.count(of: "/a\n") < 256, let more = try? await peer.readSealed() { bytes += more }
                group.addTask { _ = try await connection.openStream(["/late"], timeout: .seconds(60)) }
                while bytes.count(of: "/late\n") == 0, let more = try? await peer.readSealed() { bytes += more }
                #expect(bytes.count(of: "/late\n") == 1)
                await peer.close()
                group.cancelAll()
            }
        }
    }

    @Test func `what waits is sent before GoAway, and GoAway before the end`() async throws {
        try await HostileSubject.with { subject in
            let connected = PendingResult<Void>()
            subject.swarm.handle("/answer", on: .loop) { stream in
                try await stream.write([UInt8](repeating: 7, count: 100_000))
                connected.finish(.success(()))
                _ = try await stream.read()
            }
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed(Self.begin(1, "/answer"))
            try await connected.wait()
            async let closed: Void = connection.close(gracePeriod: .seconds(60))
            var bytes: [UInt8] = []
            do {
                while true { bytes += try await peer.readSealed() }
            } catch {}
            var (types, payload, position) = ([UInt8](), 0, 0)
            while position + 12 <= bytes.count {
                types.append(bytes[position + 1])
                let value = bytes[position + 4..<position + 12].dropFirst(4).reduce(0) { $0 << 8 | Int($1) }
                let isData = bytes[position + 1] == 0
                payload += isData ? value : 0
                position += 12 + (isData ? value : 0)
            }
            #expect(payload > 100_000)
            // The first keep-alive ping has a timer of its own, and may be anywhere.
            #expect(types.last { $0 != 2 } == 3)
            #expect(types.count { $0 == 3 } == 1)
            await peer.close()
            await closed
            #expect(connection.closeReason == .closedLocally)
        }
    }

    private static func count(_ stream: Stream, _ result: PendingResult<(Int, StreamCloseReason?)>) async {
        var count = 0
        do {
            for try await chunk in stream { count += chunk.count }
            result.finish(.success((count, nil)))
        } catch StreamError.closed(let reason) {
            result.finish(.success((count, reason)))
        } catch {
            result.finish(.failure(error))
        }
    }
}

extension [UInt8] {
    /// How often the text is in the bytes.
    fileprivate func count(of text: String) -> Int {
        let wanted = Array(text.utf8)
        return self.indices.count { self[$0...].starts(with: wanted) }
    }
}

/// Takes everything and says nothing.
final class Sink: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}
}
