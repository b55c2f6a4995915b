import Bytes
import PeerIdentity
import Transport

/// Which connections are closed when there are too many.
struct ConnectionTrimming {
    /// What is known of one connection.
    struct Candidate {
        let id: UInt64
        let peer: PeerID
        let direction: Direction
        let openedAt: Instant
        let streams: Int
        let value: Int
        let isProtected: Bool
    }

    let policy: ConnectionPolicy

    /// The connections to close, least valuable first; none where there are few enough.
    ///
    /// Of peers that are worth as much, the one with fewer streams goes first, then the one that came by itself, then the
    /// one that came last. Protected peers stay, and those within their grace period neither go nor count: a crowd of new
    /// strangers drives out nobody who was there before. What bounds it are the places for inbound connections
    /// (`InboundPlaces`), and the resource manager.
    func excess(_ candidates: [Candidate], now: Instant) -> [Candidate] {
        let settled = candidates.filter { self.policy.isSettled(since: $0.openedAt, now: now) }
        guard settled.count > Defence.connectionTrimming.limit(self.policy.highWater) else { return [] }
        let excess = max(0, settled.count - max(0, self.policy.lowWater))
        return Array(settled.filter { !$0.isProtected }.sorted(by: Self.goesFirst).prefix(excess))
    }

    private static func goesFirst(_ left: Candidate, _ right: Candidate) -> Bool {
        if left.value != right.value { return left.value < right.value }
        if (left.streams == 0) != (right.streams == 0) { return left.streams == 0 }
        if left.direction != right.direction { return left.direction == .inbound }
        if left.streams != right.streams { return left.streams < right.streams }
        return left.id > right.id
    }
}
