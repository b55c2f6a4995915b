import Foundation
import Synchronization

/// The end of the process in order: SIGTERM, SIGINT or the command `quit`.
final class Termination: Sendable {
    /// How long whoever takes leave may take.
    private static let patience = Duration.seconds(2)

    private let state = Mutex(State())

    private struct State {
        var isRequested = false
        var takesLeave = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Takes the first signal as a request to end, and ends the process at the second, as long as what is returned lives.
    func watchSignals() -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { if !self.request() { exit(0) } }
            source.activate()
            return source
        }
    }

    /// Asks for the end; false where that was done before.
    @discardableResult func request() -> Bool {
        let (isFirst, waiters) = self.state.withLock { state in
            defer {
                state.isRequested = true
                state.waiters = []
            }
            return (!state.isRequested, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        return isFirst
    }

    /// Says that the command ends by itself soon after a request: the process waits for it a while.
    func takesLeave() { self.state.withLock { $0.takesLeave = true } }

    /// Returns when the end was asked for.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isRequested = self.state.withLock { state in
                if !state.isRequested { state.waiters.append(continuation) }
                return state.isRequested
            }
            if isRequested { continuation.resume() }
        }
    }

    /// Returns when the end was asked for and nothing is to be waited for any more.
    func waitForEnd() async {
        await self.wait()
        if self.state.withLock({ $0.takesLeave }) { try? await Task.sleep(for: Self.patience) }
    }
}
