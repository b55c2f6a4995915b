package import Bytes

/// Which of the lines of one kind are logged, so that a flood of what they tell of is none of the log.
///
/// A few lines an interval are told, and the next one says how many there were meanwhile.
struct LogPace {
    /// How long an interval takes.
    static let interval = Duration.seconds(5)

    /// Lines of an interval that are told.
    private let burst: Int
    private var begin: Instant?
    private var told = 0
    private var untold: UInt64 = 0

    init(burst: Int = 10) { self.burst = burst }

    /// How many lines were left out since the last that was told; nil where this one is left out, too.
    mutating func next(now: Instant) -> UInt64? {
        let isOver = self.begin.map { now - $0 >= Self.interval } ?? true
        if isOver { (self.begin, self.told) = (now, 0) }
        guard Defence.logPace.holds(self.told < self.burst) else {
            self.untold += 1
            return nil
        }
        self.told += 1
        defer { self.untold = 0 }
        return self.untold
    }
}

/// The paces of all kinds of lines of one log.
package final class LogPaces: Sendable {
    private let paces = Locked<[String: LogPace]>([:])

    package init() {}

    /// How many lines of `kind` were left out since the last that was told; nil where this one is left out, too.
    ///
    /// A kind is none of a peer's choice, so that they are few.
    package func next(_ kind: String, now: Instant) -> UInt64? {
        self.paces.withLock { $0[kind, default: LogPace()].next(now: now) }
    }
}
