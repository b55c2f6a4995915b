import Bytes

/// How often values fell between fixed bounds, such as the durations of handshakes.
public final class Histogram: Metric {
    /// What a histogram counted.
    public struct Counts: Hashable, Sendable {
        /// The upper bounds of the buckets, ascending; each belongs to its bucket.
        public let bounds: [Double]
        /// How many values each bucket holds, and one count more for those above the last bound.
        public internal(set) var counts: [UInt64]
        /// The sum of all values.
        public internal(set) var sum: Double = 0

        /// How many values there were.
        public var total: UInt64 { self.counts.reduce(0, &+) }

        init(bounds: [Double]) {
            self.bounds = bounds
            self.counts = Array(repeating: 0, count: bounds.count + 1)
        }

        mutating func observe(_ value: Double) {
            let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
            self.counts[bucket] &+= 1
            self.sum += value
        }
    }

    /// Bounds in seconds from 1 ms to 10 s, for what waits for a peer.
    public static let secondsBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// What the metric is called and means.
    public let identity: MetricIdentity
    private let counts: Locked<Counts>

    init(_ identity: MetricIdentity, bounds: [Double]) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of a histogram must ascend")
        self.identity = identity
        self.counts = Locked(Counts(bounds: bounds))
    }

    /// Counts `value`, on any thread; it costs an uncontended lock.
    public func observe(_ value: Double) {
        self.counts.withLock { $0.observe(value) }
    }

    /// What was counted up to now.
    public func sample() -> MetricSample {
        MetricSample(identity: self.identity, value: .histogram(self.counts.withLock { $0 }))
    }
}
