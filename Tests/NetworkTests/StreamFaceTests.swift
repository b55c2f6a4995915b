import Bytes
import ConnectionUpgrade
import Cryptography
import EventLoop
import Swarm
import TestSupport
import Testing

@testable import Transport

/// The async face of a stream: reading, writing, waiting, and ending it while others wait.
struct StreamFaceTests {
    private static let peer = "/peer"

    /// Runs `body` with a stream to a peer whose handler is `handler`.
    private func withStream(
        to handler: @escaping @Sendable (Stream) async throws -> Void,
        _ body: (Stream, ConnectionPair) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 2)
        let pair = try await ConnectionPair.connect(
            on: loops, configure: { $0.handshakeTimeout = .seconds(300) },
            prepare: { $0.set(.task(onLoop: true, handler), for: Self.peer) })
        var failure: (any Error)?
        do {
            try await body(pair.dialer.openStream([Self.peer], timeout: .seconds(300)), pair)
        } catch {
            failure = error
        }
        await pair.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    private static func echo(_ stream: Stream) async throws {
        for try await chunk in stream { try await stream.write(chunk) }
    }

    // MARK: Reading

    @Test func `a time that is up before the reader waits ends the read`() async throws {
        try await self.withStream(to: Self.echo) { stream, _ in
            for _ in 0..<500 {
                await #expect(throws: StreamError.self) { _ = try await stream.read(timeout: .zero) }
            }
            // The stream can still be used.
            try await stream.write(Bytes(utf8: "hello"))
            #expect(try await stream.read(exactly: 5) == Bytes(utf8: "hello"))
        }
    }

    @Test func `a read's time is for all of it, however busy the peer is`() async throws {
        try await self.withStream { stream in
            // Large enough for the loop not to be busy with them for seconds before they fill the window.
            let piece = Bytes(repeatElement(1, count: 100))
            while true { try await stream.write(piece) }
        } _: { stream, _ in
            await #expect(throws: StreamError.self) {
                _ = try await stream.readToEnd(limit: .max, timeout: .milliseconds(300))
            }
            await #expect(throws: StreamError.self) {
                _ = try await stream.read(exactly: .max, timeout: .milliseconds(300))
            }
        }
    }

    @Test func `a cancelled read leaves the stream usable`() async throws {
        try await self.withStream(to: Self.echo) { stream, _ in
            for _ in 0..<100 {
                let reader = Task { try await stream.read() }
                reader.cancel()
                await #expect(throws: CancellationError.self) { try await reader.value }
            }
            try await stream.write(Bytes(utf8: "hello"))
            #expect(try await stream.read(exactly: 5) == Bytes(utf8: "hello"))
        }
    }

    @Test func `several readers get every byte once`() async throws {
        try await self.withStream(to: Self.echo) { stream, _ in
            let count = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var count = 0
                        while let bytes = try await stream.read(upTo: 7) { count += bytes.count }
                        return count
                    }
                }
                for _ in 0..<100 { try await stream.write([UInt8](repeating: 1, count: 100)) }
                try await stream.closeWrite()
                return try await group.reduce(0, +)
            }
            #expect(count == 10_000)
        }
    }

    @Test func `a peer that sends more than the reader allows is told apart from one that sends less`() async throws {
        try await self.withStream(to: Self.echo) { stream, _ in
            try await stream.write([3, 1, 2, 3, 200, 1, 0, 5, 1])
            try await stream.closeWrite()
            #expect(try await stream.readLengthPrefixed(limit: 3) == [1, 2, 3])
            await #expect(throws: StreamError.tooMuchData(limit: 100)) {
                _ = try await stream.readLengthPrefixed(limit: 100)
            }
            #expect(try await stream.readLengthPrefixed(limit: 100) == Bytes())
            await #expect(throws: StreamError.endedEarly(expected: 5, received: 1)) {
                _ = try await stream.readLengthPrefixed(limit: 100)
            }
            #expect(try await stream.readLengthPrefixed(limit: 100) == nil)
        }
        try await self.withStream(to: Self.echo) { stream, _ in
            try await stream.write([1, 2, 3, 4])
            try await stream.closeWrite()
            await #expect(throws: StreamError.tooMuchData(limit: 3)) { _ = try await stream.readToEnd(limit: 3) }
        }
    }

    @Test func `what waits for a reader takes little more memory than its bytes`() {
        var input = HeldInput()
        let slab = ByteStorage(capacity: 65_536)
        var kept: [Bytes] = []
        for number in 0..<100_000 {
            slab.unsafeMutableBytes[0] = UInt8(truncatingIfNeeded: number)
            input.append(slab, offset: 0, count: 1)
        }
        while let bytes = input.popFirst(upTo: 5_000) { kept.append(bytes) }
        #expect(kept.flatMap { $0 } == (0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
        #expect(kept.reduce(0) { $0 + $1.retainedCapacity } < 110_000)
        #expect(kept.count < 30)
        #expect(input.isEmpty)
    }

    @Test func `a piece in each slab pins no more than about twice the bytes that wait`() {
        var input = HeldInput()
        var slabs: [WeakSlab] = []
        for _ in 0..<500 {
            let slab = ByteStorage(capacity: 65_536)
            slabs.append(WeakSlab(slab))
            input.append(slab, offset: 100, count: 4_097)
        }
        let pinned = slabs.count { $0.slab != nil } * 65_536
        #expect(pinned <= 2 * 500 * 4_097 + 128 * 1_024)
        var count = 0
        while let bytes = input.popFirst() { count += bytes.count }
        #expect(count == 500 * 4_097)
        #expect(slabs.allSatisfy { $0.slab == nil })
    }

    @Test func `what is echoed pins no more slabs than about twice its bytes`() {
        var output = OutputQueue()
        var slabs: [WeakSlab] = []
        for _ in 0..<500 {
            let slab = ByteStorage(capacity: 65_536)
            slabs.append(WeakSlab(slab))
            output.append(Chunk(storage: slab, offset: 100, count: 4_097))
        }
        #expect(slabs.count { $0.slab != nil } * 65_536 <= 2 * 500 * 4_097 + 128 * 1_024)
        // Whole slabs are never copied, however many wait.
        let whole = (0..<100).map { _ in ByteStorage(capacity: 65_536) }
        for slab in whole { output.append(Chunk(storage: slab, offset: 0, count: 65_000)) }
        var taken: [UnsafeRawPointer?] = []
        output.take(500 * 4_097) { _ in }
        for _ in whole { output.take(65_000) { taken.append($0.baseAddress) } }
        #expect(taken == whole.map { UnsafeRawPointer($0.unsafeMutableBytes.baseAddress) })
        #expect(output.count == 0)
        #expect(slabs.allSatisfy { $0.slab == nil })
    }

    private struct WeakSlab {
        weak var slab: ByteStorage?

        init(_ slab: ByteStorage) { self.slab = slab }
    }

    @Test func `held input gives back what it was given, in order, however it is cut`() {
        var random = SeededGenerator(seed: 4)
        let source = random.bytes(65_536)
        var input = HeldInput()
        let slab = ByteStorage(capacity: 65_536)
        var (given, taken) = (BytesWriter(), BytesWriter())
        for _ in 0..<2_000 {
            let count = [0, 1, 100, 4_096, 4_097, 9_000].randomElement(using: &random) ?? 0
            let start = Int.random(in: 0...source.count - count, using: &random)
            let bytes = source[start..<start + count]
            // A large piece shares its memory, which must not be written again: it gets its own.
            let storage = count > 4_096 ? ByteStorage(capacity: count) : slab
            bytes.withUnsafeBytes { storage.unsafeMutableBytes.copyMemory(from: $0) }
            input.append(storage, offset: 0, count: count)
            given.write(bytes)
            if Bool.random(using: &random), let bytes = input.popFirst(upTo: Int.random(in: 1...10_000, using: &random))
            {
                taken.write(bytes)
            }
        }
        while let bytes = input.popFirst() { taken.write(bytes) }
        #expect(taken.finish() == given.finish())
    }

    // MARK: Writing

    @Test func `a write that waits for a slow peer is cancelled, and resets the stream`() async throws {
        let reason = PendingResult<StreamCloseReason?>()
        try await self.withStream { stream in
            do {
                // Nothing is read before the writer is stopped by it.
                reason.finish(.success(try await stream.untilClosed()))
            } catch {
                reason.finish(.failure(error))
            }
        } _: { stream, _ in
            let writer = Task { while true { try await stream.write([UInt8](repeating: 1, count: 100_000)) } }
            // It stops by itself when the peer's window and our queue are full.
            while stream.mailbox.hasRoom { await Task.yield() }
            writer.cancel()
            await #expect(throws: CancellationError.self) { try await writer.value }
            let outcome = try await reason.wait()
            #expect(outcome == .resetByPeer(code: 0))
        }
    }

    @Test func `a write that takes too long resets the stream`() async throws {
        try await self.withStream { stream in
            _ = try await stream.untilClosed()
        } _: { stream, _ in
            await #expect(throws: StreamError.self) {
                while true {
                    try await stream.write([UInt8](repeating: 1, count: 100_000), timeout: .milliseconds(200))
                }
            }
            // The loop has reset it when it has run what was left for it.
            await stream.connection.loop.perform {}
            #expect(stream.closeReason == .resetLocally(code: 0))
        }
    }

    @Test func `a slow reader stops its own stream and no other`() async throws {
        try await self.withStream { stream in
            // Echoes when it is told that the other stream is stuck.
            guard try await stream.read(exactly: 1) == [1] else { return _ = try await stream.untilClosed() }
            try await Self.echo(stream)
        } _: { stuck, pair in
            try await stuck.write([0])
            let writer = Task { while true { try await stuck.write([UInt8](repeating: 0, count: 50_000)) } }
            while stuck.mailbox.hasRoom { await Task.yield() }
            let other = try await pair.dialer.openStream([Self.peer])
            try await other.write([1])
            let data = Bytes(repeatElement(9, count: 2_000_000))
            async let answer = other.readToEnd(limit: 3_000_000)
            try await other.write(data)
            try await other.closeWrite()
            #expect(try await answer == data)
            writer.cancel()
            _ = await writer.result
        }
    }

    // MARK: Ending

    @Test func `a close is not taken back by what ends less`() async throws {
        let ended = PendingResult<Bool>()
        try await self.withStream { stream in
            ended.finish(.success(try await stream.readToEnd(limit: 10).isEmpty))
            while true { try await stream.write([UInt8](repeating: 1, count: 100_000)) }
        } _: { stream, _ in
            stream.close()
            try await stream.closeWrite()
            let outcome = try await ended.wait()
            #expect(outcome)
            await #expect(throws: StreamError.writeAfterClose) { try await stream.write([1]) }
        }
    }

    @Test func `a stream that is let go of is reset`() async throws {
        let reason = PendingResult<StreamCloseReason?>()
        try await self.withStream { stream in
            reason.finish(.success(try await stream.untilClosed()))
        } _: { _, pair in
            func open() async throws { try await pair.dialer.openStream([Self.peer]).write([1]) }
            try await open()
            let outcome = try await reason.wait()
            #expect(outcome == .resetByPeer(code: 0))
        }
    }

    enum Ending: CaseIterable {
        case returns, throwsError, throwsCode, isCancelled

        /// What the peer is told.
        var code: UInt32 { self == .throwsCode ? StreamErrorCode.rateLimited : 0 }
    }

    @Test(arguments: Ending.allCases) func `how a handler ends is how its stream ends`(ending: Ending) async throws {
        try await self.withStream { stream in
            _ = try await stream.read(exactly: 1)
            try await stream.write(Bytes(utf8: "last"))
            switch ending {
            case .returns: return
            case .throwsError: throw StreamError.writeAfterClose
            case .throwsCode: throw StreamReset(code: StreamErrorCode.rateLimited)
            case .isCancelled: throw CancellationError()
            }
        } _: { stream, _ in
            try await stream.write([1])
            if ending == .returns {
                #expect(try await stream.readToEnd(limit: 10) == Bytes(utf8: "last"))
            } else {
                await #expect(throws: StreamError.closed(.resetByPeer(code: ending.code))) {
                    _ = try await stream.readToEnd(limit: 10)
                }
            }
        }
    }

    @Test(arguments: [false, true]) func `a handler that holds its loop is reported by its protocol`(
        isAsync: Bool
    ) async throws {
        let reports = Locked<[String]>([])
        let options = EventLoopOptions(slowCallbackThreshold: .milliseconds(20)) { what, _ in
            reports.withLock { $0.append(what) }
        }
        let loops = EventLoopGroup(count: 1, options: options)
        let task = ProtocolTable.Service.task(onLoop: true) { stream in
            _ = try await stream.read()
            SlowHandler.holdThread()
            try await stream.write([2])
        }
        let callbacks = ProtocolTable.Service.callbacks { _ in SlowHandler() }
        let prepare = { (table: ProtocolTable) in table.set(isAsync ? task : callbacks, for: "/slow/1.0.0") }
        let pair = try await ConnectionPair.connect(on: loops, prepare: prepare)
        let stream = try await pair.dialer.openStream(["/slow/1.0.0"])
        try await stream.write([1])
        #expect(try await stream.read(exactly: 1) == [2])
        await pair.close()
        await loops.shutdown()
        #expect(reports.withLock { $0 }.contains("/slow/1.0.0"))
    }
}

/// Holds its loop for longer than it should before it answers.
private final class SlowHandler: StreamHandler {
    static func holdThread() {
        let end = EventLoop.monotonicNow() + .milliseconds(60)
        while EventLoop.monotonicNow() < end {}
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        Self.holdThread()
        stream.write([2])
    }
}

extension Stream {
    /// Waits for the stream's end without reading more than what is there; returns why it ended.
    fileprivate func untilClosed() async throws -> StreamCloseReason? {
        while self.closeReason == nil {
            try Task.checkCancellation()
            await Task.yield()
        }
        return self.closeReason
    }
}
