internal import Bytes
internal import Synchronization

/// A number that only grows, until it starts again at zero.
public final class Counter: Metric {
    /// What the metric is called and means.
    public let identity: MetricIdentity
    private let shared = Atomic<UInt64>(0)
    private let cells = Locked<[LocalCounter.Cell]>([])

    init(_ identity: MetricIdentity) { self.identity = identity }

    /// Adds `amount`, on any thread.
    public func increment(by amount: UInt64 = 1) {
        self.shared.wrappingAdd(amount, ordering: .relaxed)
    }

    /// A part of this counter for one event loop, which adds to it at the cost of an ordinary variable.
    ///
    /// The parts stay for the counter's life: make one a loop, not one a connection.
    public func local() -> LocalCounter {
        let cell = LocalCounter.Cell()
        self.cells.withLock { $0.append(cell) }
        return LocalCounter(cell: cell)
    }

    /// The sum of all parts.
    public var value: UInt64 {
        self.cells.withLock { cells in
            cells.reduce(self.shared.load(ordering: .relaxed)) { $0 &+ $1.value.load(ordering: .relaxed) }
        }
    }

    /// What was counted up to now.
    public func sample() -> MetricSample {
        MetricSample(identity: self.identity, value: .counter(self.value))
    }
}

/// The part of a counter that one event loop writes; confined to that loop.
public struct LocalCounter {
    final class Cell: Sendable {
        let value = Atomic<UInt64>(0)
    }

    let cell: Cell

    /// Adds `amount`. With a single writer, a load and a store do what would else take a locked instruction.
    public func increment(by amount: UInt64 = 1) {
        let value = self.cell.value.load(ordering: .relaxed)
        self.cell.value.store(value &+ amount, ordering: .relaxed)
    }
}

@available(*, unavailable) extension LocalCounter: Sendable {}
