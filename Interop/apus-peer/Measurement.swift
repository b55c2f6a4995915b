import Apus

/// The time and the processor's time from its making on.
struct Measurement {
    let start = EventLoop.monotonicNow()
    private let usage = ProcessUsage.now

    var elapsed: Duration { EventLoop.monotonicNow() - self.start }

    /// Prints a benchmark's line, with what the process has used.
    func emit(_ bench: String, _ fields: [String: JSON]) {
        let now = ProcessUsage.now
        var line = fields
        line["bench"] = .string(bench)
        line["cpu_s"] = .number((now.processorTime - self.usage.processorTime).rounded(to: 6))
        line["max_rss_kb"] = JSON(now.maximumResidentSize)
        Output.emit(line)
    }
}

extension Duration {
    /// So many in this time, a second.
    func rate(_ count: Int) -> JSON { .number((Double(count) / max(self.inSeconds, 1e-9)).rounded(to: 1)) }
}
