import PeerIdentity
import Synchronization
import Transport

/// Dials that are under way, so that everyone who wants the same peer at the same time waits for the same dial.
final class PendingDials: Sendable {
    typealias Outcome = Result<Connection, any Error>
    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private let waiters = Mutex<[PeerID: [UInt64: Waiter]]>([:])
    private let lastToken = Atomic<UInt64>(0)

    /// Waits for the dial of `peer`; the first to wait starts it with `start`, and whoever dials ends it with `finish`.
    func wait(for peer: PeerID, start: () -> Void) async throws -> Connection {
        let token = self.lastToken.wrappingAdd(1, ordering: .relaxed).newValue
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFirst = self.waiters.withLock { waiters -> Bool? in
                    guard !Task.isCancelled else { return nil }
                    let isFirst = waiters[peer] == nil
                    waiters[peer, default: [:]][token] = continuation
                    return isFirst
                }
                switch isFirst {
                case true?: start()
                case false?: break
                case nil: continuation.resume(returning: .failure(CancellationError()))
                }
            }
        } onCancel: {
            let continuation = self.waiters.withLock { $0[peer]?.removeValue(forKey: token) }
            continuation?.resume(returning: .failure(CancellationError()))
        }
        return try outcome.get()
    }

    func finish(_ peer: PeerID, _ outcome: Outcome) {
        let waiters = self.waiters.withLock { $0.removeValue(forKey: peer) }
        for waiter in (waiters ?? [:]).values { waiter.resume(returning: outcome) }
    }
}
