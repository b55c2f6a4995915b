import Apus
import Foundation
import Synchronization

/// A client for the few commands of redis by which the test suites hand over addresses.
///
/// Its socket blocks, on a thread of its own.
final class RedisClient: Sendable {
    private let queue = DispatchQueue(label: "redis")
    private let connection: Mutex<RedisConnection>

    /// Connects to `host:port`, and tries again until the server answers or the time is up.
    init(_ address: String, within limit: Duration) async throws {
        let end = EventLoop.monotonicNow() + limit
        while true {
            do {
                self.connection = Mutex(try RedisConnection(address))
                return
            } catch {
                guard EventLoop.monotonicNow() < end else { throw error }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func perform(_ command: String...) async throws(CommandError) -> RedisConnection.Reply {
        let result: Result<RedisConnection.Reply, CommandError> = await withCheckedContinuation { continuation in
            self.queue.async {
                continuation.resume(
                    returning: self.connection.withLock { connection in
                        Result { () throws(CommandError) in try connection.perform(command) }
                    })
            }
        }
        return try result.get()
    }

    /// Puts a value at the end of a list.
    func push(_ value: String, to list: String) async throws { _ = try await self.perform("RPUSH", list, value) }

    /// Takes the first value of a list, and waits for one.
    func pop(from list: String, within limit: Duration) async throws -> String {
        let seconds = max(1, Int(limit.inSeconds))
        guard case .list(let pair) = try await self.perform("BLPOP", list, "\(seconds)"), pair.count == 2,
            case .text(let value) = pair[1]
        else { throw CommandError("redis: nothing came under \(list) within \(seconds) s") }
        return value
    }

    /// Sets a string.
    func set(_ key: String, to value: String) async throws { _ = try await self.perform("SET", key, value) }

    /// The string under a key, which is asked for until it is set.
    func value(of key: String, within limit: Duration) async throws -> String {
        let end = EventLoop.monotonicNow() + limit
        while true {
            if case .text(let value) = try await self.perform("GET", key) { return value }
            guard EventLoop.monotonicNow() < end else {
                throw CommandError("redis: \(key) was not set within \(limit.inSeconds) s")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
