import Bytes
import EventLoop

/// Tells when an exchange has moved nothing for some time.
///
/// It looks at the totals a few times within that time instead of noting when each byte moved: neither the path of a byte
/// nor a callback pays for it, and a stall is told of up to a quarter of the time late.
final class PerfStallWatch {
    private static let looks = 4
    /// Timers are no finer.
    private static let shortestInterval: Duration = .milliseconds(1)

    private let loop: EventLoop
    private let limit: Duration
    private let total: () -> UInt64
    private let stalled: () -> Void
    private var lastTotal: UInt64 = 0
    private var lastMoved: Instant
    private var timer: LoopTimer?

    /// `total` says how many bytes were moved from the start on; it must change whenever something moves. `stalled` is
    /// called once.
    init(
        _ loop: EventLoop, limit: Duration, total: @escaping () -> UInt64, stalled: @escaping () -> Void
    ) {
        self.loop = loop
        self.limit = limit
        self.total = total
        self.stalled = stalled
        self.lastMoved = EventLoop.monotonicNow()
        self.timer = LoopTimer(loop) { [weak self] in self?.look() }
        self.scheduleLook(self.lastMoved)
    }

    func stop() {
        self.timer?.close()
        self.timer = nil
    }

    private func scheduleLook(_ now: Instant) {
        self.timer?.schedule(at: now + max(self.limit / Self.looks, Self.shortestInterval))
    }

    private func look() {
        let now = EventLoop.monotonicNow()
        let total = self.total()
        if total != self.lastTotal {
            self.lastTotal = total
            self.lastMoved = now
        } else if now - self.lastMoved >= self.limit {
            self.stop()
            return self.stalled()
        }
        self.scheduleLook(now)
    }
}
