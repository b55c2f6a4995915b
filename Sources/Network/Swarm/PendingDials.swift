import Bytes
import PeerIdentity
import Transport

/// Dials that are under way, so that everyone who wants the same peer at the same time waits for the same dial.
final class PendingDials: Sendable {
    typealias Outcome = Result<Connection, any Error>
    private typealias Waiter = Handover<Outcome>

    private struct Dial {
        let id: UInt64
        var waiters: [UInt64: Waiter]
        /// Ends the dial.
        var giveUp: (@Sendable () -> Void)?
    }

    private struct State {
        var dials: [PeerID: Dial] = [:]
        var lastToken: UInt64 = 0
    }

    private let state = Locked(State())

    /// Waits for the dial of `peer`. The first to wait starts it: `start` is given the dial's number for `finish`, and
    /// returns what ends the dial when nobody waits for it any more, or nil where it cannot be started.
    func wait(for peer: PeerID, start: (UInt64) -> (@Sendable () -> Void)?) async throws -> Connection {
        let token = self.state.withLock { state -> UInt64 in
            state.lastToken += 1
            return state.lastToken
        }
        let outcome = await withTaskCancellationHandler {
            await withHandover { waiter in
                switch self.enter(waiter, peer, token) {
                case true?: self.begin(peer, token, start)
                case false?: break
                case nil: waiter.give(.failure(CancellationError()))
                }
            }
        } onCancel: {
            self.leave(peer, token)
        }
        return try outcome.get()
    }

    /// Answers whether the waiter is the first of its dial, or nil where its task was cancelled before.
    private func enter(_ waiter: Waiter, _ peer: PeerID, _ token: UInt64) -> Bool? {
        self.state.withLock { state in
            guard !Task.isCancelled else { return nil }
            guard state.dials[peer] == nil else {
                state.dials[peer]?.waiters[token] = waiter
                return false
            }
            state.dials[peer] = Dial(id: token, waiters: [token: waiter])
            return true
        }
    }

    private func begin(_ peer: PeerID, _ id: UInt64, _ start: (UInt64) -> (@Sendable () -> Void)?) {
        guard let giveUp = start(id) else {
            return self.finish(peer, id, .failure(DialError(peer: peer, reason: "this node is closing")))
        }
        let isOver = self.state.withLock { state in
            guard state.dials[peer]?.id == id else { return true }
            state.dials[peer]?.giveUp = giveUp
            return false
        }
        if isOver { giveUp() }
    }

    private func leave(_ peer: PeerID, _ token: UInt64) {
        let (waiter, giveUp) = self.state.withLock { state -> (Waiter?, (@Sendable () -> Void)?) in
            guard var dial = state.dials[peer], let waiter = dial.waiters.removeValue(forKey: token) else {
                return (nil, nil)
            }
            // Whoever comes next begins a dial of its own: this one is about to end.
            state.dials[peer] = dial.waiters.isEmpty ? nil : dial
            return (waiter, dial.waiters.isEmpty ? dial.giveUp : nil)
        }
        giveUp?()
        waiter?.give(.failure(CancellationError()))
    }

    /// Tells the outcome to everyone who waits for this dial.
    func finish(_ peer: PeerID, _ id: UInt64, _ outcome: Outcome) {
        let waiters = self.state.withLock { state -> [UInt64: Waiter] in
            guard let dial = state.dials[peer], dial.id == id else { return [:] }
            state.dials[peer] = nil
            return dial.waiters
        }
        for waiter in waiters.values { waiter.give(outcome) }
    }
}
