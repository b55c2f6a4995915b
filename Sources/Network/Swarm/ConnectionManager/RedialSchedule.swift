import Bytes

/// When a peer that should be connected all the time is dialled again: at first soon, then after twice as long each time.
///
/// A tenth more or less keeps nodes that lost the same peer from coming back all at once.
struct RedialSchedule {
    /// A connection that stood for less is no success: the next dial waits longer still.
    static let stable = Duration.seconds(30)

    private let range: ClosedRange<Duration>
    private(set) var failures = 0

    /// A schedule that waits for the lower bound at first, and never longer than the upper one.
    init(_ range: ClosedRange<Duration>) { self.range = range }

    /// Notes that a connection ended which stood for `time`.
    mutating func ended(after time: Duration) {
        if time >= Self.stable { self.failures = 0 }
        self.failed()
    }

    /// Notes that a dial failed.
    mutating func failed() { self.failures = min(self.failures + 1, 64) }

    /// How long to wait before the next dial.
    func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        var delay = self.range.lowerBound
        for _ in 1..<max(self.failures, 1) where delay < self.range.upperBound { delay *= 2 }
        return min(delay, self.range.upperBound) * Int.random(in: 900...1_100, using: &generator) / 1_000
    }
}
