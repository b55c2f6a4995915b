import Synchronization

/// A task that waits for a stream, and that may stop waiting before the loop has an answer.
final class OpenRequest<Opened: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Opened, any Error>)
        case finished
    }

    private let state = Mutex(State.new)

    /// Begins to wait; false where the task was cancelled already and has been told so.
    func begin(_ continuation: CheckedContinuation<Opened, any Error>) -> Bool {
        let begins = self.state.withLock { state -> Bool in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !begins { continuation.resume(throwing: CancellationError()) }
        return begins
    }

    var isWaiting: Bool {
        self.state.withLock { if case .waiting = $0 { true } else { false } }
    }

    func finish(_ result: sending Result<Opened, any Error>) {
        let continuation = self.state.withLock { state -> CheckedContinuation<Opened, any Error>? in
            defer { state = .finished }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }
}
