import Bytes
import EventLoop
import Synchronization

/// An action that a loop does after some time unless it is cancelled first, from any thread.
final class LoopDeadline: Sendable {
    private let loop: EventLoop
    private let state = Mutex(State())

    private struct State {
        var timer: LoopBound<LoopTimer>?
        var isCancelled = false
    }

    init(on loop: EventLoop, after duration: Duration, _ action: @escaping @Sendable () -> Void) {
        self.loop = loop
        let deadline = EventLoop.monotonicNow() + duration
        loop.execute {
            guard !self.state.withLock({ $0.isCancelled }) else { return }
            let timer = LoopTimer(loop, handler: action)
            timer.schedule(at: deadline)
            let bound = LoopBound(timer, on: loop)
            self.state.withLock { $0.timer = bound }
        }
    }

    func cancel() {
        self.state.withLock { $0.isCancelled = true }
        self.loop.execute {
            let timer = self.state.withLock { state in
                defer { state.timer = nil }
                return state.timer
            }
            timer?.value.close()
        }
    }
}
