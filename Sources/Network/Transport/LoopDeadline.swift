package import Bytes
package import EventLoop

/// An action that a loop does at an instant unless it is cancelled first, from any thread.
package final class LoopDeadline: Sendable {
    private let loop: EventLoop
    private let state = Locked(State())

    private struct State {
        var timer: LoopBound<LoopTimer>?
        var isCancelled = false
        var hasPassed = false
    }

    /// Whether the action was begun.
    var hasPassed: Bool { self.state.withLock { $0.hasPassed } }

    package init(on loop: EventLoop, at deadline: Instant, _ action: @escaping @Sendable () -> Void) {
        self.loop = loop
        loop.execute {
            guard !self.state.withLock({ $0.isCancelled }) else { return }
            // The timer keeps this object until it is closed, which `cancel` is for. Where the loop ends first, nobody forgot
            // it: whoever waits hears of the end from what it waits for, and may cancel only then.
            let timer = LoopTimer(loop, whenLoopEnds: {}) {
                self.state.withLock { $0.hasPassed = true }
                action()
            }
            timer.schedule(at: deadline)
            let bound = LoopBound(timer, on: loop)
            self.state.withLock { $0.timer = bound }
        }
    }

    package func cancel() {
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
