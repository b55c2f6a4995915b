/// How often something may happen: a burst at once, and one more an interval (the generic cell rate algorithm).
public struct RateBudget: Hashable, Sendable {
    /// How often it may happen at once; `Int.max` for as often as it likes, 0 for never.
    public let burst: Int
    /// How long it takes until it may happen once more.
    public let interval: Duration
    /// When the whole burst is to be had again.
    private var wholeAt = Instant.zero

    /// A budget of which the whole burst is to be had.
    public init(burst: Int, interval: Duration) {
        self.burst = burst
        self.interval = interval
    }

    /// Whether it may happen once more now.
    public func hasRoom(now: Instant) -> Bool {
        guard self.burst > 0, self.burst < .max else { return self.burst > 0 }
        let ahead = (self.wholeAt - now).saturatingNanoseconds
        let (most, overflow) = self.interval.saturatingNanoseconds.multipliedReportingOverflow(
            by: Int64(self.burst) - 1)
        return overflow || ahead <= most
    }

    /// Notes that it happens now, whether there is room or not.
    public mutating func spend(now: Instant) { self.wholeAt = max(self.wholeAt, now) + self.interval }

    /// Notes that it happens now where there is room; otherwise false.
    public mutating func take(now: Instant) -> Bool {
        guard self.hasRoom(now: now) else { return false }
        self.spend(now: now)
        return true
    }

    /// Whether the whole burst is to be had: nothing need be remembered then.
    public func isWhole(now: Instant) -> Bool { self.wholeAt <= now }
}
