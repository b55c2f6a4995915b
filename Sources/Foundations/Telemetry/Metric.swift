/// What a metric is called and means.
public struct MetricIdentity: Hashable, Sendable {
    /// `libp2p_<module>_<name>`, as Prometheus wants names.
    public let name: String
    /// What it counts, in one sentence for people.
    public let help: String
    /// Fixed pairs that tell metrics of one name apart, such as `direction` and `inbound`.
    public let labels: [String: String]

    /// Traps where `module` or `name` has anything but lower-case letters, digits and `_`: names are ours, not a peer's.
    public init(module: String, name: String, help: String, labels: [String: String] = [:]) {
        let full = "libp2p_\(module)_\(name)"
        let isPlain = full.utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                || $0 == UInt8(ascii: "_")
        }
        precondition(isPlain, "\(full) is no name of a metric")
        self.name = full
        self.help = help
        self.labels = labels
    }
}

/// What a metric was when it was asked.
public struct MetricSample: Hashable, Sendable {
    /// The value, by the kind of metric.
    public enum Value: Hashable, Sendable {
        case counter(UInt64)
        case gauge(Int64)
        case histogram(Histogram.Counts)
    }

    /// The metric that was asked.
    public let identity: MetricIdentity
    /// What it had counted.
    public let value: Value
}

/// Something that counts, and can be asked at any time on any thread.
public protocol Metric: AnyObject, Sendable {
    /// What the metric is called and means.
    var identity: MetricIdentity { get }
    /// What was counted up to now.
    func sample() -> MetricSample
}
