import Bytes
import EventLoop

/// A result that one task waits for and a loop will have; the task may stop waiting before.
///
/// The first result counts, whether it comes before the task waits or after; cancelling the task is one too. It is how the
/// callbacks of a `StreamHandler` answer the task that opened the stream.
public final class PendingResult<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        /// The result is there, and kept until it is asked for.
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
        await withTaskCancellationHandler {
            // The result itself goes over under the lock (see `Handover`).
            await withCheckedContinuation { continuation in
                if self.begin(continuation) { start() } else { continuation.resume() }
            }
        } onCancel: {
            self.finish(.failure(CancellationError()))
            onCancel()
        }
        return try self.take().get()
    }

    /// Begins to wait; false where the result is there.
    private func begin(_ waiter: CheckedContinuation<Void, Never>) -> Bool {
        self.state.withLock { state in
            switch state {
            case .new:
                state = .waiting(waiter)
                return true
            case .kept: return false
            case .waiting, .finished: preconditionFailure("a pending result is waited for once")
            }
        }
    }

    private func take() -> Result<Value, any Error> {
        self.state.withLock { state in
            guard case .kept(let result) = state else { preconditionFailure("a task was woken without its result") }
            state = .finished
            return result
        }
    }

    /// Whether a task waits now.
    public var isWaiting: Bool {
        self.state.withLock { if case .waiting = $0 { true } else { false } }
    }

    /// Gives the result, unless there is one.
    public func finish(_ result: Result<Value, any Error>) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .new:
                state = .kept(result)
                return nil
            case .waiting(let waiter):
                state = .kept(result)
                return waiter
            case .kept, .finished: return nil
            }
        }
        waiter?.resume()
    }
}
