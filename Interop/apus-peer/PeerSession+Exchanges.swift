import Apus

/// What one command may ask for at most.
private enum CommandLimits {
    /// Streams at once: far more than peers let one connection have.
    static let streams = 0...65_536
    /// Pings, whose times all stand in one answer.
    static let pings = 0...1_000_000
    /// Bytes on one stream, which are made as they are sent.
    static let bytes = 0...Int.max
    /// Bytes of a request: what its length can say. A peer may be asked for more than it serves.
    static let requestBytes = 0...Int(UInt32.max)
}

extension PeerSession {
    func ping(_ command: PeerCommand) async throws -> [String: JSON] {
        let count = try self.amount(command.count, default: 1, in: CommandLimits.pings, "count")
        let connection = try await self.node.connect(to: self.peer(command))
        let session = try await PingSession(connection: connection)
        defer { session.close() }
        // On the connection's loop the pings of a series cost no change of threads.
        let times = try await withTaskExecutorPreference(connection.loop.taskExecutor) {
            var times: [JSON] = []
            for _ in 0..<count {
                let time = try await session.ping(timeout: .seconds(60))
                times.append(.number((time.inSeconds * 1e3).rounded(to: 4)))
            }
            return times
        }
        return ["rtt_ms": .array(times)]
    }

    /// Sends random bytes on each of some streams at once, and checks that the same return.
    func echo(_ command: PeerCommand) async throws -> [String: JSON] {
        let count = try self.amount(command.bytes, default: 0, in: CommandLimits.bytes, "bytes")
        return try await self.onStreams(command) { connection in
            try await connection.exchange(TestProtocols.echo) { EchoExchange($0, count: count, result: $1) }
        }
    }

    /// Sends random bytes as one request on each of some streams at once, and checks the answers.
    func request(_ command: PeerCommand) async throws -> [String: JSON] {
        let bytes = try self.amount(command.bytes, default: 0, in: CommandLimits.requestBytes, "bytes")
        let count = UInt32(bytes)
        let protocolID = command.protocolID ?? TestProtocols.request
        return try await self.onStreams(command) { connection in
            try await connection.exchange(protocolID) { RequestExchange($0, count: count, result: $1) }
        }
    }

    private func onStreams(
        _ command: PeerCommand, _ body: @escaping @Sendable (Connection) async throws -> Void
    ) async throws -> [String: JSON] {
        let streams = try self.amount(command.streams, default: 1, in: CommandLimits.streams, "streams")
        let connection = try await self.node.connect(to: self.peer(command))
        let start = EventLoop.monotonicNow()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<streams { group.addTask { try await body(connection) } }
            try await group.waitForAll()
        }
        return ["ms": (EventLoop.monotonicNow() - start).milliseconds]
    }

    func perf(_ command: PeerCommand) async throws -> [String: JSON] {
        let connection = try await self.node.connect(to: self.peer(command))
        let start = EventLoop.monotonicNow()
        let result = try await PerfService.measure(
            on: connection, upload: command.up ?? 0, download: command.down ?? 0,
            as: command.protocolID ?? PerfService.protocolID)
        return [
            "up_s": result.uploadTime.seconds, "down_s": result.downloadTime.seconds,
            "total_s": (EventLoop.monotonicNow() - start).seconds,
        ]
    }

    /// Opens an echo stream, writes 1 KiB and resets it.
    func reset(_ command: PeerCommand) async throws {
        let connection = try await self.node.connect(to: self.peer(command))
        let stream = try await connection.openStream([command.protocolID ?? TestProtocols.echo])
        try await stream.write(SystemRandom.bytes(1024))
        // A peer that answers is in the middle of its work when the reset comes; one that does not is reset all the same.
        _ = try? await stream.read(timeout: .milliseconds(200))
        stream.reset()
    }
}
