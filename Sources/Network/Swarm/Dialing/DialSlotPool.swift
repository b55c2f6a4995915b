import Bytes
import Transport

/// Lets attempts of all dials of a node have their turns (`DialSlots`), from any task.
final class DialSlotPool: Sendable {
    private struct State {
        var slots: DialSlots
        var waiters: [UInt64: PendingResult<Void>] = [:]
        var last: UInt64 = 0
    }

    private let limits: DialLimits
    private let state: Locked<State>

    init(_ limits: DialLimits) {
        self.limits = limits
        self.state = Locked(State(slots: DialSlots(limits)))
    }

    /// How many attempts wait for their turn.
    var waiting: Int { self.state.withLock { $0.slots.waiting } }

    /// Runs `body` when its turn has come. Throws `DialRefusal` where too many wait, `CancellationError`, and what `body`
    /// throws.
    func withSlot<Value>(
        at target: DialSlots.Target, isUrgent: Bool, _ body: () async throws -> Value
    ) async throws -> Value {
        let (id, answer, turn) = self.state.withLock { state -> (UInt64, DialSlots.Answer, PendingResult<Void>?) in
            state.last += 1
            let answer = state.slots.request(state.last, at: target, isUrgent: isUrgent)
            let turn = answer == .wait ? PendingResult<Void>() : nil
            state.waiters[state.last] = turn
            return (state.last, answer, turn)
        }
        guard answer != .full else {
            let refusal = DialRefusal.tooManyWait(self.limits.waiting)
            DialMetrics.refused(refusal)
            throw refusal
        }
        // Also where the task is cancelled while its turn comes.
        defer { self.leave(id) }
        try await turn?.wait()
        return try await body()
    }

    private func leave(_ id: UInt64) {
        let next = self.state.withLock { state in
            state.waiters[id] = nil
            return state.slots.leave(id).compactMap { state.waiters.removeValue(forKey: $0) }
        }
        for turn in next { turn.finish(.success(())) }
    }
}
