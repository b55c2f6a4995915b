internal import Synchronization

/// A number that goes up and down, such as the connections that are open.
public final class Gauge: Metric {
    /// What the metric is called and means.
    public let identity: MetricIdentity
    private let current = Atomic<Int64>(0)

    init(_ identity: MetricIdentity) { self.identity = identity }

    /// Sets the number.
    public func set(_ value: Int64) { self.current.store(value, ordering: .relaxed) }

    /// Adds `amount`, which may be negative.
    public func add(_ amount: Int64) { self.current.wrappingAdd(amount, ordering: .relaxed) }

    /// The number as it is now.
    public var value: Int64 { self.current.load(ordering: .relaxed) }

    /// What was counted up to now.
    public func sample() -> MetricSample {
        MetricSample(identity: self.identity, value: .gauge(self.value))
    }
}
