/// Decides whether a loop that ran out of work polls on for a moment before it sleeps.
///
/// To sleep and be woken costs 25 to 50 us; to poll on finds the answer of a busy peer in 10, but burns a core when nothing
/// comes. So a wait spins only while waits are short (their moving average is below `shortWait`), and when spins rarely
/// find work, which means that somebody else needs the core, only each sixteenth wait tries again.
///
/// A spin takes twice as long as the spins before took to find work, within bounds, so that a stream of data that comes every
/// 25 us does not put its receiver to sleep each time; waking it would cost the sender more than the data. A spin behind one
/// that found nothing takes longer: where two loops sleep between their messages, one of them must be awake for longer than
/// the other takes to wake up, or they never find each other.
struct SpinPolicy: Sendable {
    /// How long a wait polls on before it sleeps, at least and at most.
    static let shortestSpin: Int64 = 20_000
    static let longestSpin: Int64 = 60_000
    /// The same behind a spin that found nothing.
    static let retrySpinTime: Int64 = 100_000
    /// Waits whose moving average is below this many nanoseconds are worth spinning for.
    static let shortWait: Int64 = 200_000
    /// A wait counts as at most this long, so that a busy phase after a quiet one is noticed after a few waits.
    static let longestCounted: Int64 = 2_000_000
    /// Where spins rarely find work, one wait in so many spins.
    static let retryInterval = 16

    /// The moving average of waits in nanoseconds; each new wait weighs one eighth.
    private(set) var averageWait: Int64
    /// The moving average of the share of spins that found work, in 1/1024; each new spin weighs one sixteenth.
    private(set) var successShare: Int64 = 1024
    private var waitsWithoutSpin = 0
    private var lastSpinFailed = false
    /// The moving average of how long a spin took to find work, in nanoseconds; each new one weighs one eighth.
    private var averageFind: Int64 = 0

    /// A policy that has seen long waits only.
    init() {
        self.averageWait = Self.longestCounted
    }

    /// For how many nanoseconds the wait that starts now spins first; 0 where it does not.
    mutating func nextSpin() -> Int64 {
        guard self.averageWait < Self.shortWait else { return 0 }
        guard self.successShare < 256 else {
            if self.lastSpinFailed { return Self.retrySpinTime }
            return min(max(2 * self.averageFind, Self.shortestSpin), Self.longestSpin)
        }
        self.waitsWithoutSpin += 1
        guard self.waitsWithoutSpin >= Self.retryInterval else { return 0 }
        self.waitsWithoutSpin = 0
        return Self.retrySpinTime
    }

    /// Notes how long a wait lasted from running out of work until there was some.
    mutating func waited(nanoseconds: Int64) {
        let counted = min(max(nanoseconds, 0), Self.longestCounted)
        self.averageWait += (counted - self.averageWait) / 8
    }

    /// Notes whether work came while a wait was spinning, and after how many nanoseconds.
    mutating func spun(foundWork: Bool, after nanoseconds: Int64) {
        if foundWork { self.averageFind += (min(max(nanoseconds, 0), Self.retrySpinTime) - self.averageFind) / 8 }
        self.lastSpinFailed = !foundWork
        self.successShare += ((foundWork ? 1024 : 0) - self.successShare) / 16
    }
}
