import Bytes
import Testing

@testable import Telemetry

@Suite struct TelemetryTests {
    // MARK: Log

    private static func sink(level: Log.Level) -> (LogSink, Lines) {
        let (sink, lines) = (LogSink(), Lines())
        sink.level = level
        sink.setBackend { lines.append($0) }
        return (sink, lines)
    }

    @Test(arguments: Log.Level.allCases)
    func `only lines of the level and above are written`(level: Log.Level) {
        let (sink, lines) = Self.sink(level: level)
        let log = Log("test", sink: sink)
        log.trace("t")
        log.debug("d")
        log.info("i")
        log.warning("w")
        log.error("e")
        #expect(lines.all.map(\.level) == Log.Level.allCases.filter { $0 >= level })
    }

    @Test func `nothing is built for a line that is off`() {
        let (sink, _) = Self.sink(level: .info)
        let log = Log("test", sink: sink)
        var built = 0
        func text() -> String {
            built += 1
            return "text"
        }
        log.debug(text(), ["field": text()])
        #expect(built == 0)
        log.info(text(), ["field": text()])
        #expect(built == 2)
    }

    @Test func `fields keep their order, and values with spaces have quotes`() {
        let (sink, lines) = Self.sink(level: .info)
        Log("swarm", sink: sink).info("connected", ["peer": "12D3", "address": "a b", "streams": 3, "empty": ""])
        #expect(lines.all.map(\.text) == [#"info swarm: connected peer=12D3 address="a b" streams=3 empty="""#])
    }

    @Test func `a text of a peer can neither forge a line nor drive a terminal`() {
        let (sink, lines) = Self.sink(level: .info)
        let evil = "x\n2026 error swarm: forged\u{1B}[2J\u{9B}\u{7F}\"=\\\u{2028}"
        Log("swarm", sink: sink).info("agent \(evil)", ["agent": evil])
        let text = lines.all.map(\.text).joined()
        #expect(!text.unicodeScalars.contains { $0.value < 32 || (127..<160).contains($0.value) || $0.value == 0x2028 })
        #expect(text.contains(#"agent="x\n2026 error swarm: forged\u{1b}[2J\u{9b}\u{7f}\"=\\\u{2028}""#))
    }

    // MARK: Metrics

    private static func identity(_ name: String, _ labels: [String: String] = [:]) -> MetricIdentity {
        MetricIdentity(module: "test", name: name, help: "A metric of a test.", labels: labels)
    }

    @Test func `a counter sums what all threads and loops counted`() async {
        let counter = MetricsRegistry().counter(Self.identity("events"))
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let local = counter.local()
                    for _ in 0..<1000 {
                        counter.increment()
                        local.increment(by: 2)
                    }
                }
            }
        }
        #expect(counter.value == 24_000)
    }

    @Test func `a gauge goes up and down`() {
        let gauge = MetricsRegistry().gauge(Self.identity("open"))
        gauge.set(5)
        gauge.add(-7)
        #expect(gauge.value == -2)
    }

    @Test func `a value falls into the first bucket whose bound it does not pass`() {
        let histogram = MetricsRegistry().histogram(Self.identity("seconds"), bounds: [1, 2, 5])
        for value in [0, 1, 1.5, 2, 4.9, 5.1, 100] { histogram.observe(value) }
        guard case .histogram(let counts) = histogram.sample().value else {
            Issue.record("a histogram's sample is none")
            return
        }
        #expect(counts.counts == [2, 2, 1, 2])
        #expect(counts.bounds == [1, 2, 5])
        #expect(counts.sum == 114.5)
        #expect(counts.total == 7)
    }

    @Test func `one name and set of labels is one metric`() {
        let registry = MetricsRegistry()
        let inbound = registry.counter(Self.identity("dials", ["direction": "in"]))
        let outbound = registry.counter(Self.identity("dials", ["direction": "out"]))
        #expect(registry.counter(Self.identity("dials", ["direction": "in"])) === inbound)
        #expect(inbound !== outbound)
        outbound.increment(by: 3)
        registry.gauge(Self.identity("connections")).set(2)
        let snapshot = registry.snapshot()
        #expect(
            snapshot.map(\.identity.name) == ["libp2p_test_connections", "libp2p_test_dials", "libp2p_test_dials"])
        #expect(snapshot.map(\.value) == [.gauge(2), .counter(0), .counter(3)])
    }

    @Test func `a backend learns of the metrics that are there and of those that come`() {
        final class Backend: MetricsBackend {
            let names = Locked<[String]>([])
            func registered(_ metric: any Metric) { self.names.withLock { $0.append(metric.identity.name) } }
        }
        let (registry, backend) = (MetricsRegistry(), Backend())
        _ = registry.counter(Self.identity("before"))
        registry.setBackend(backend)
        _ = registry.gauge(Self.identity("after"))
        _ = registry.gauge(Self.identity("after"))
        #expect(backend.names.withLock { $0 } == ["libp2p_test_before", "libp2p_test_after"])
    }
}

private final class Lines: Sendable {
    private let lines = Locked<[Log.Line]>([])

    var all: [Log.Line] { self.lines.withLock { $0 } }

    func append(_ line: Log.Line) { self.lines.withLock { $0.append(line) } }
}
