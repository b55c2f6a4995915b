import Bytes
import EventLoop

/// Reports once a second what an exchange has moved since the last report.
final class PerfMeter {
    /// The interval that libp2p's perf programs report in.
    private static let interval: Duration = .seconds(1)

    private let loop: EventLoop
    private let report: (PerfProgress) -> Void
    private let totals: () -> (uploaded: UInt64, downloaded: UInt64)
    private var last: (time: Instant, uploaded: UInt64, downloaded: UInt64)
    private var timer: LoopTimer?

    /// `totals` says what was moved from the start on.
    init(
        _ loop: EventLoop, start: Instant, report: @escaping (PerfProgress) -> Void,
        totals: @escaping () -> (uploaded: UInt64, downloaded: UInt64)
    ) {
        self.loop = loop
        self.report = report
        self.totals = totals
        self.last = (start, 0, 0)
        self.timer = LoopTimer(loop) { [weak self] in self?.tick() }
        self.timer?.schedule(at: start + Self.interval)
    }

    func stop() {
        self.timer?.close()
        self.timer = nil
    }

    private func tick() {
        let now = EventLoop.monotonicNow()
        let (uploaded, downloaded) = self.totals()
        // Totals only grow, but the stream's queue is emptied when it closes.
        self.report(
            PerfProgress(
                time: now - self.last.time, uploadedBytes: uploaded - min(uploaded, self.last.uploaded),
                downloadedBytes: downloaded - min(downloaded, self.last.downloaded)))
        self.last = (now, uploaded, downloaded)
        self.timer?.schedule(at: now + Self.interval)
    }
}
