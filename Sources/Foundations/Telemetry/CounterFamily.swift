import Bytes

/// Counters of one name that differ in the value of one label, each looked up once.
///
/// For what is counted often: a look-up in the registry takes longer than many a thing that is counted.
public final class CounterFamily: Sendable {
    private let module: String
    private let name: String
    private let help: String
    private let label: String
    private let counters = Locked<[String: Counter]>([:])

    /// The counters `name` of `module` by the values of `label`, in `MetricsRegistry.shared`; the values must be few.
    public init(module: String, name: String, help: String, label: String) {
        self.module = module
        self.name = name
        self.help = help
        self.label = label
    }

    /// The counter of one value.
    public subscript(value: String) -> Counter {
        self.counters.withLock { counters in
            if let counter = counters[value] { return counter }
            let counter = MetricsRegistry.shared.counter(
                MetricIdentity(module: self.module, name: self.name, help: self.help, labels: [self.label: value]))
            counters[value] = counter
            return counter
        }
    }
}
