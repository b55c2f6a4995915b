import Bytes
import EventLoop
import Telemetry
import Transport

/// Counts refusals by their kind, and logs them so that a flood of them does not flood the log.
final class RefusalCounter: Sendable {
    private static let log = Log("resources")

    private struct Kind: Hashable, Sendable {
        let scope: String
        let resource: String
    }

    private struct Entry {
        let counter: Counter
        var count: UInt64 = 0
        var pace = LogPace(burst: 1)
    }

    private let entries = Locked<[Kind: Entry]>([:])

    func note(_ error: ResourceLimitError) {
        let kind = Kind(scope: error.scope.label, resource: error.resource.label)
        let now = EventLoop.monotonicNow()
        let untold = self.entries.withLock { entries -> UInt64? in
            var entry = entries[kind] ?? Entry(counter: Self.counter(kind))
            entry.counter.increment()
            entry.count += 1
            defer { entries[kind] = entry }
            return entry.pace.next(now: now)
        }
        guard let untold else { return }
        Self.log.warning(
            "refused", ["limit": error, "scope": kind.scope, "resource": kind.resource, "more_since": untold])
    }

    private static func counter(_ kind: Kind) -> Counter {
        MetricsRegistry.shared.counter(
            MetricIdentity(
                module: "resources", name: "refusals_total",
                help: "What a limit refused, by the account and the resource.",
                labels: ["scope": kind.scope, "resource": kind.resource]))
    }

    var counts: [ResourceReport.Refusals] {
        self.entries.withLock { entries in
            entries.map {
                ResourceReport.Refusals(scope: $0.key.scope, resource: $0.key.resource, count: $0.value.count)
            }
        }
        .sorted { ($0.scope, $0.resource) < ($1.scope, $1.resource) }
    }
}
