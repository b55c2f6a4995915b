import Bytes
import Transport

/// Streams that have yet to agree on a protocol, with the time by which they must.
struct NegotiationDeadlines {
    private var entries: [(stream: LoopStream, deadline: Instant)] = []
    private var sizeAfterSweep = 0

    /// The earliest deadline of those that were added; it may belong to a stream that is done by now.
    private(set) var next: Instant?

    mutating func add(_ stream: LoopStream, deadline: Instant) {
        // Streams are mostly done long before their time: the list is kept in proportion to those that are not.
        if self.entries.count >= 2 * self.sizeAfterSweep + 64 { self.sweep() }
        self.entries.append((stream, deadline))
        self.next = min(self.next ?? deadline, deadline)
    }

    /// Takes out the streams that are late.
    mutating func takeExpired(now: Instant) -> [LoopStream] {
        guard let next, next <= now else { return [] }
        self.sweep()
        let expired = self.entries.filter { $0.deadline <= now }.map(\.stream)
        self.entries.removeAll { $0.deadline <= now }
        self.next = self.entries.map(\.deadline).min()
        return expired
    }

    private mutating func sweep() {
        self.entries.removeAll { $0.stream.negotiation == nil || $0.stream.isClosed }
        self.sizeAfterSweep = self.entries.count
    }
}
