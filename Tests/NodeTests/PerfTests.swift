import Bytes
import EventLoop
import Swarm
import Testing
import Transport

@testable import Perf

@Suite(.timeLimit(.minutes(2))) struct PerfTests {
    private static let protocolID = "/perf/1.0.0"

    private func withServer(
        over transport: PairTransport = .memory, _ body: (Connection) async throws -> Void
    ) async throws {
        try await withSwarmPair(over: transport) { pair in
            PerfService.serve(on: pair.listener)
            try await body(pair.connect().dialer)
        }
    }

    /// Runs `body` with a connection to a node that answers perf by `handler`.
    private func withServer(
        answering handler: @escaping @Sendable (Stream) async throws -> Void,
        _ body: (Connection) async throws -> Void
    ) async throws {
        try await withSwarmPair { pair in
            pair.listener.handle(Self.protocolID, handler)
            try await body(pair.connect().dialer)
        }
    }

    // MARK: Both sides

    @Test(arguments: PairTransport.allCases, [(0, 0), (1, 1), (0, 5_000_000), (5_000_000, 0), (3_000_001, 3_000_003)])
    func `an exchange moves what it is told to`(transport: PairTransport, bytes: (UInt64, UInt64)) async throws {
        try await self.withServer(over: transport) { connection in
            let result = try await PerfService.measure(on: connection, upload: bytes.0, download: bytes.1)
            #expect(result.uploadTime > .zero)
            #expect(result.downloadTime >= .zero)
            #expect(result.total == result.uploadTime + result.downloadTime)
        }
    }

    @Test func `several exchanges may share a connection`() async throws {
        try await self.withServer { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        _ = try await PerfService.measure(on: connection, upload: 1_000_000, download: 1_000_000)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    // MARK: The server

    private func request(_ download: UInt64, upload: Int = 0) -> Bytes {
        var writer = BytesWriter()
        writer.writeInteger(download)
        writer.write(repeatElement(7, count: upload))
        return writer.finish()
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
    func `the server sends as many bytes as it is asked for, and ends the stream`(count: Int) async throws {
        try await self.withServer { connection in
            let stream = try await connection.openStream([Self.protocolID])
            try await stream.write(self.request(UInt64(count), upload: 100_000))
            try await stream.closeWrite()
            let answer = try await stream.readToEnd(limit: count)
            #expect(answer == Bytes(repeatElement(0, count: count)))
        }
    }

    @Test func `the number may come byte by byte`() async throws {
        try await self.withServer { connection in
            let stream = try await connection.openStream([Self.protocolID])
            for byte in self.request(0x01_02_03) { try await stream.write([byte]) }
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 100_000).count == 0x01_02_03)
        }
    }

    @Test func `the server sends nothing before the upload has ended`() async throws {
        try await self.withServer { connection in
            let stream = try await connection.openStream([Self.protocolID])
            try await stream.write(self.request(10, upload: 1_000_000))
            // Another exchange on the same connection goes the whole way meanwhile.
            _ = try await PerfService.measure(on: connection, upload: 1_000_000, download: 1)
            await #expect(throws: StreamError.self) { try await stream.read(timeout: .milliseconds(1)) }
            try await stream.closeWrite()
            #expect(try await stream.readToEnd(limit: 10).count == 10)
        }
    }

    @Test(arguments: [0, 1, 7]) func `a stream that ends within the number is reset`(count: Int) async throws {
        try await self.withServer { connection in
            let stream = try await connection.openStream([Self.protocolID])
            try await stream.write(self.request(5)[0..<count])
            try await stream.closeWrite()
            await #expect(throws: StreamError.closed(.resetByPeer(code: 0x1004))) {
                _ = try await stream.readToEnd(limit: 10)
            }
        }
    }

    @Test func `a download without end stops when the client has enough`() async throws {
        try await self.withServer { connection in
            let stream = try await connection.openStream([Self.protocolID])
            try await stream.write(self.request(.max))
            try await stream.closeWrite()
            var received = 0
            while received < 3_000_000, let bytes = try await stream.read() { received += bytes.count }
            stream.reset()
            _ = try await PerfService.measure(on: connection, upload: 1, download: 1)
        }
    }

    @Test func `the server writes no more than the network takes`() async throws {
        let request = self.request(10_000_000_000)
        let (waiting, calls) = try await StreamBench.run { bench in
            bench.stream.setHandler(PerfResponder())
            bench.receive(request)
            bench.stream.deliverReadClosed()
            var waiting: Set<Int> = [bench.stream.waitingOutput]
            for _ in 0..<1_000 {
                bench.send(bench.stream.waitingOutput)
                waiting.insert(bench.stream.waitingOutput)
            }
            return (waiting, bench.calls)
        }
        #expect(waiting == [262_144])
        #expect(!calls.contains("closesWrite"))
    }

    // MARK: The client

    @Test func `the server gets the number, the upload and the end`() async throws {
        let received = Locked(Bytes())
        try await self.withServer(answering: { stream in
            let all = try await stream.readToEnd(limit: 1_000_000)
            received.withLock { $0 = all }
        }) { connection in
            _ = try await PerfService.measure(on: connection, upload: 300_000, download: 0)
        }
        let all = received.withLock { $0 }
        #expect(all.count == 300_008)
        #expect(all[0..<8] == [0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `an answer that ends early fails the exchange`() async throws {
        try await self.withServer(answering: { stream in
            _ = try await stream.readToEnd(limit: 100)
            try await stream.write(Bytes(repeatElement(0, count: 99)))
        }) { connection in
            await #expect(throws: PerfError.endedEarly(expected: 100, received: 99)) {
                try await PerfService.measure(on: connection, upload: 0, download: 100)
            }
        }
    }

    @Test func `an answer that is too long fails the exchange`() async throws {
        try await self.withServer(answering: { stream in
            _ = try await stream.readToEnd(limit: 100)
            try await stream.write(Bytes(repeatElement(0, count: 101)))
        }) { connection in
            await #expect(throws: PerfError.tooMuchData(expected: 100)) {
                try await PerfService.measure(on: connection, upload: 0, download: 100)
            }
        }
    }

    @Test func `an answer before the upload has ended fails the exchange`() async throws {
        try await self.withServer(answering: { stream in
            try await stream.write([0])
            while try await stream.read() != nil {}
        }) { connection in
            await #expect(throws: PerfError.answeredEarly) {
                try await PerfService.measure(on: connection, upload: 1 << 40, download: 1)
            }
        }
    }

    @Test func `a server that resets in the middle fails the exchange`() async throws {
        try await self.withServer(answering: { stream in
            _ = try await stream.read(exactly: 1_000_000)
            stream.reset(code: 5)
        }) { connection in
            await #expect(throws: PerfError.closed(.resetByPeer(code: 5))) {
                try await PerfService.measure(on: connection, upload: 1 << 40, download: 0)
            }
        }
    }

    @Test func `a connection that ends in the middle fails the exchange`() async throws {
        try await self.withServer(answering: { stream in
            _ = try await stream.read(exactly: 1_000_000)
            await stream.connection.close(gracePeriod: .zero)
        }) { connection in
            await #expect(throws: PerfError.self) {
                try await PerfService.measure(on: connection, upload: 1 << 40, download: 0)
            }
        }
    }

    @Test(arguments: [(UInt64(1) << 40, UInt64(0)), (0, 1 << 40)])
    func `cancelling resets the stream in the middle`(bytes: (UInt64, UInt64)) async throws {
        let (moving, tell) = AsyncStream.makeStream(of: Void.self)
        let (ended, tellEnd) = AsyncStream.makeStream(of: StreamCloseReason.self)
        try await self.withServer(answering: { stream in
            do {
                _ = try await stream.read(exactly: 8)
                if bytes.0 > 0 { _ = try await stream.read(exactly: 1_000_000) }
                tell.yield()
                while try await stream.read() != nil {}
                while true { try await stream.write(Bytes(repeatElement(0, count: 65_536))) }
            } catch StreamError.closed(let reason) {
                tellEnd.yield(reason)
            }
        }) { connection in
            let measurement = Task {
                try await PerfService.measure(on: connection, upload: bytes.0, download: bytes.1)
            }
            for await _ in moving { break }
            measurement.cancel()
            await #expect(throws: CancellationError.self) { _ = try await measurement.value }
            for await reason in ended {
                #expect(reason == .resetByPeer(code: 0))
                break
            }
        }
    }

    /// Says nothing, whether it reads or not, and tells how its stream ends.
    private final class SilentResponder: StreamHandler {
        private let tellEnd: (StreamCloseReason) -> Void

        init(_ stream: LoopStream, reads: Bool, tellEnd: @escaping (StreamCloseReason) -> Void) {
            self.tellEnd = tellEnd
            if !reads { stream.pauseReading() }
        }

        func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}
        func closed(_ stream: LoopStream, _ reason: StreamCloseReason) { self.tellEnd(reason) }
    }

    @Test(arguments: [(true, UInt64(1_000_000), UInt64(100)), (false, 1 << 40, 0)])
    func `an exchange in which nothing moves any more is given up, and its stream is reset`(
        reads: Bool, upload: UInt64, download: UInt64
    ) async throws {
        let (ended, tellEnd) = AsyncStream.makeStream(of: StreamCloseReason.self)
        try await withSwarmPair { pair in
            pair.listener.handle(Self.protocolID) { stream in
                SilentResponder(stream, reads: reads) { tellEnd.yield($0) }
            }
            let connection = try await pair.connect().dialer
            await #expect(throws: PerfError.stalled(after: .milliseconds(100))) {
                try await PerfService.measure(
                    on: connection, upload: upload, download: download, stallTimeout: .milliseconds(100))
            }
            for await reason in ended {
                #expect(reason == .resetByPeer(code: 0))
                break
            }
            #expect(connection.closeReason == nil)
        }
    }

    /// A watch of totals that grow at `growing` looks; it tells how many looks there were and how long nothing grew.
    private final class WatchedTotals {
        private var looks = 0
        private var lastGrowth = EventLoop.monotonicNow()
        private var watch: PerfStallWatch?

        init(_ loop: EventLoop, limit: Duration, growing: Int, result: PendingResult<(looks: Int, stall: Duration)>) {
            self.watch = PerfStallWatch(loop, limit: limit) { [unowned self] in
                self.looks += 1
                guard self.looks <= growing else { return UInt64(growing) }
                self.lastGrowth = EventLoop.monotonicNow()
                return UInt64(self.looks)
            } stalled: { [unowned self] in
                result.finish(.success((self.looks, EventLoop.monotonicNow() - self.lastGrowth)))
            }
        }
    }

    @Test func `an exchange that moves slowly goes on for longer than it may stall`() async throws {
        let loop = EventLoop(index: 0)
        let limit: Duration = .milliseconds(8)
        let result = PendingResult<(looks: Int, stall: Duration)>()
        let totals = await loop.perform {
            LoopBound(WatchedTotals(loop, limit: limit, growing: 20, result: result), on: loop)
        }
        let (looks, stall) = try await result.wait()
        #expect(looks > 20)
        #expect(stall >= limit)
        withExtendedLifetime(totals) {}
        await loop.stop()
    }

    @Test func `progress is told every second and adds up`() async throws {
        let (progress, tell) = AsyncStream.makeStream(of: PerfProgress.self)
        try await self.withServer { connection in
            let measurement = Task {
                try await PerfService.measure(on: connection, upload: 0, download: 1 << 50) { tell.yield($0) }
            }
            for await interval in progress {
                #expect(interval.time >= .seconds(1) && interval.time < .seconds(30))
                #expect(interval.uploadedBytes == 8 || interval.uploadedBytes == 0)
                #expect(interval.downloadedBytes > 0)
                break
            }
            measurement.cancel()
            await #expect(throws: CancellationError.self) { _ = try await measurement.value }
        }
    }
}
