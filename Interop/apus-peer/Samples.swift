/// Times in nanoseconds, in order.
struct Samples {
    private let sorted: [Int64]

    init(_ nanoseconds: [Int64]) { self.sorted = nanoseconds.sorted() }

    var count: Int { self.sorted.count }

    /// The nearest-rank quantile, 0 where there are no samples.
    func quantile(_ fraction: Double) -> Int64 {
        guard !self.sorted.isEmpty else { return 0 }
        let rank = Int((fraction * Double(self.sorted.count)).rounded(.up))
        return self.sorted[min(max(rank, 1), self.sorted.count) - 1]
    }

    /// A quantile in microseconds.
    func microseconds(_ fraction: Double) -> JSON { .number((Double(self.quantile(fraction)) / 1e3).rounded(to: 3)) }
    /// A quantile in milliseconds.
    func milliseconds(_ fraction: Double) -> JSON { .number((Double(self.quantile(fraction)) / 1e6).rounded(to: 4)) }
}
