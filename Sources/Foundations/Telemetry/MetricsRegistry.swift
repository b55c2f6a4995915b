import Bytes

/// Learns of every metric, so that another system can collect them.
public protocol MetricsBackend: Sendable {
    /// `metric` exists from now on; the backend may ask it for samples at any time.
    func registered(_ metric: any Metric)
}

/// The metrics of a process.
///
/// Look a metric up once and keep it: the look-up takes a lock.
public final class MetricsRegistry: Sendable {
    private struct Key: Hashable {
        let name: String
        let labels: [String: String]
    }

    private struct State {
        var metrics: [Key: any Metric] = [:]
        var backend: (any MetricsBackend)?
    }

    /// The registry that the stack counts in.
    public static let shared = MetricsRegistry()

    private let state = Locked(State())

    /// An empty registry, for tests and for programs that keep several nodes apart.
    public init() {}

    /// The counter of this identity, which is made where there is none.
    public func counter(_ identity: MetricIdentity) -> Counter {
        self.metric(identity) { Counter(identity) }
    }

    /// The gauge of this identity, which is made where there is none.
    public func gauge(_ identity: MetricIdentity) -> Gauge {
        self.metric(identity) { Gauge(identity) }
    }

    /// The histogram of this identity, which is made with these bounds where there is none.
    public func histogram(_ identity: MetricIdentity, bounds: [Double] = Histogram.secondsBounds) -> Histogram {
        self.metric(identity) { Histogram(identity, bounds: bounds) }
    }

    /// Tells `backend` of every metric that is there and that comes, in place of an earlier backend.
    public func setBackend(_ backend: any MetricsBackend) {
        let present = self.state.withLock { state in
            state.backend = backend
            return Array(state.metrics.values)
        }
        for metric in present { backend.registered(metric) }
    }

    /// All metrics as they are now, by name and labels.
    public func snapshot() -> [MetricSample] {
        let metrics = self.state.withLock { Array($0.metrics.values) }
        func order(_ sample: MetricSample) -> String {
            let labels = sample.identity.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([sample.identity.name] + labels).joined(separator: ",")
        }
        return metrics.map { $0.sample() }.sorted { order($0) < order($1) }
    }

    private func metric<Kind: Metric>(_ identity: MetricIdentity, make: () -> Kind) -> Kind {
        let key = Key(name: identity.name, labels: identity.labels)
        let (metric, backend) = self.state.withLock { state -> (Kind, (any MetricsBackend)?) in
            if let present = state.metrics[key] {
                guard let metric = present as? Kind else {
                    preconditionFailure("\(identity.name) is registered as another kind of metric")
                }
                return (metric, nil)
            }
            let metric = make()
            state.metrics[key] = metric
            return (metric, state.backend)
        }
        backend?.registered(metric)
        return metric
    }
}
