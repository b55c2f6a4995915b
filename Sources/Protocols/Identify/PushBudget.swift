import Bytes

/// How many pushes a connection's peer may send now: a burst, and one more an interval.
struct PushBudget {
    /// When the whole burst is to be had again.
    private var fullAt: Instant = .zero

    /// Takes one push out; false where none is left.
    mutating func take(now: Instant) -> Bool {
        let start = max(self.fullAt, now)
        let burst = IdentifyLimits.pushInterval * (IdentifyLimits.pushBurst - 1)
        guard Defence.identifyPushRate.holds(start - now <= burst) else { return false }
        self.fullAt = start + IdentifyLimits.pushInterval
        return true
    }
}
