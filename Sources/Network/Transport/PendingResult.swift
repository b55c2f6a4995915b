import Bytes
import EventLoop

/// A result that one task waits for and a loop will have; the task may stop waiting before.
///
/// The first result counts, whether it comes before the task waits or after; cancelling the task is one too. It is how the
/// callbacks of a `StreamHandler` answer the task that opened the stream.
public final class PendingResult<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(Handover<Result<Value, any Error>>)
        /// The result came first; it is kept until it is asked for.
        case kept(Result<Value, any Error>)
        case finished
    }

    private let state = Locked(State.new)

    /// A result that nobody has yet.
    public init() {}

    /// Waits for the result, at most once. `start` is called as soon as there is somebody to tell the result to, unless
    /// it is there already, and `onCancel` when the task is cancelled, on any thread. Throws the result's error, and
    /// `CancellationError` where the task was cancelled.
    public func wait(
        start: () -> Void = {}, onCancel: @escaping @Sendable () -> Void = {}
    ) async throws -> Value {
        let result = await withTaskCancellationHandler {
            await withHandover { waiter in
                if self.begin(waiter) { start() }
            }
        } onCancel: {
            self.finish(.failure(CancellationError()))
            onCancel()
        }
        return try result.get()
    }

    /// Begins to wait; false where the result is there and has been told.
    private func begin(_ waiter: Handover<Result<Value, any Error>>) -> Bool {
        let kept = self.state.withLock { state -> Result<Value, any Error>? in
            switch state {
            case .new:
                state = .waiting(waiter)
                return nil
            case .kept(let result):
                state = .finished
                return result
            case .waiting, .finished: preconditionFailure("a pending result is waited for once")
            }
        }
        guard let kept else { return true }
        waiter.give(kept)
        return false
    }

    /// Whether a task waits now.
    public var isWaiting: Bool {
        self.state.withLock { if case .waiting = $0 { true } else { false } }
    }

    /// Gives the result, unless there is one.
    public func finish(_ result: Result<Value, any Error>) {
        let waiter = self.state.withLock { state -> Handover<Result<Value, any Error>>? in
            switch state {
            case .new:
                state = .kept(result)
                return nil
            case .waiting(let waiter):
                state = .finished
                return waiter
            case .kept, .finished: return nil
            }
        }
        waiter?.give(result)
    }
}
