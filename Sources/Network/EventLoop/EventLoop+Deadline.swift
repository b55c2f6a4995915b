public import Bytes

/// An operation took longer than it was given.
public struct DeadlineExceeded: Error, Hashable, Sendable, CustomStringConvertible {
    /// The error of an operation that was given a deadline.
    public init() {}

    /// A few words for people.
    public var description: String { "it took too long" }
}

extension EventLoop {
    /// Returns when `deadline` has passed; throws as soon as the task is cancelled or the loop stops.
    public func sleep(until deadline: Instant) async throws(CancellationError) {
        let sleeper = LoopBound(Sleeper(), on: self)
        let isCancelled = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.execute { sleeper.value.begin(self, until: deadline, continuation) }
            }
        } onCancel: {
            self.execute { sleeper.value.end(isCancelled: true) }
        }
        if isCancelled { throw CancellationError() }
    }

    /// Runs `operation`, and cancels it where it has not ended at `deadline`: then this throws `DeadlineExceeded`, as soon
    /// as the operation has ended.
    public func withDeadline<Value: Sendable>(
        _ deadline: Instant, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await self.sleep(until: deadline)
                throw DeadlineExceeded()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw DeadlineExceeded() }
            return value
        }
    }
}

/// A task that sleeps, confined to the loop.
private final class Sleeper {
    private var continuation: CheckedContinuation<Bool, Never>?
    private var timer: LoopTimer?
    private var isCancelled = false

    func begin(_ loop: EventLoop, until deadline: Instant, _ continuation: CheckedContinuation<Bool, Never>) {
        guard !self.isCancelled, !loop.engine.current.isEnded else { return continuation.resume(returning: true) }
        self.continuation = continuation
        let timer = LoopTimer(loop, whenLoopEnds: { [unowned self] in self.end(isCancelled: true) }) { [unowned self] in
            self.end(isCancelled: false)
        }
        timer.schedule(at: deadline)
        self.timer = timer
    }

    func end(isCancelled: Bool) {
        self.isCancelled = isCancelled
        self.timer?.close()
        self.timer = nil
        self.continuation?.resume(returning: isCancelled)
        self.continuation = nil
    }
}
