import Bytes
import EventLoop
import Multiformats
public import PeerIdentity
import Telemetry
import Transport

/// Keeps a node's connections to as many as are wanted, and knows which of them matter.
///
/// Parts of the node say what a peer is worth to them by tags, and protect those that must stay. It may be used from any
/// thread.
public final class ConnectionManager: Sendable {
    /// How many connections are kept, and for how long.
    public let policy: ConnectionPolicy
    private let scores = Locked(PeerScores())
    private let table: ConnectionTable
    private let loops: EventLoopGroup
    private let alarm = Locked(Alarm())
    private let places: InboundPlaces
    /// Held while room is made, which one thread does for all.
    private let makingRoom = Locked(())

    /// When connections are looked at next.
    private struct Alarm {
        var deadline: LoopDeadline?
        var isClosed = false
    }

    /// Too many connections are looked at so often, and idle ones too.
    private static let interval = Duration.seconds(1)
    /// Connections that are closed have so long to send what waits.
    private static let closingTime = Duration.seconds(1)
    private static let log = Log("swarm")

    init(
        _ policy: ConnectionPolicy, places: InboundPlaces, _ table: ConnectionTable, loops: EventLoopGroup
    ) {
        self.policy = policy
        self.places = places
        self.table = table
        self.loops = loops
    }

    // MARK: What peers are worth

    /// Gives a tag of the peer a value, which counts until it is set again; 0 takes it away.
    public func tag(_ peer: PeerID, _ name: String, _ value: Int) {
        self.scores.withLock { $0.tag(peer, name, value, now: EventLoop.monotonicNow()) }
    }

    /// Adds `amount` to a tag of the peer that becomes smaller with time.
    public func bump(_ peer: PeerID, _ name: String, by amount: Int, decaying score: DecayingScore) {
        self.scores.withLock { $0.bump(peer, name, by: amount, score, now: EventLoop.monotonicNow()) }
    }

    /// Keeps the peer's connections whatever it is worth, until `unprotect` is called with the same name.
    public func protect(_ peer: PeerID, _ name: String) {
        self.scores.withLock { $0.protect(peer, name, now: EventLoop.monotonicNow()) }
    }

    /// Ends one part's protection of the peer.
    public func unprotect(_ peer: PeerID, _ name: String) {
        self.scores.withLock { $0.unprotect(peer, name, now: EventLoop.monotonicNow()) }
    }

    /// Whether somebody protects the peer.
    public func isProtected(_ peer: PeerID) -> Bool { self.scores.withLock { $0.isProtected(peer) } }

    /// The sum of the peer's tags.
    public func value(of peer: PeerID) -> Int {
        self.scores.withLock { $0.value(of: peer, now: EventLoop.monotonicNow()) }
    }

    // MARK: Closing what is too much

    /// A connection came to stand, on its loop.
    func connected(_ connection: Connection) {
        self.makeRoom(for: connection)
        if self.policy.idle != .keep || self.table.count > self.policy.highWater { self.schedule() }
    }

    func close() {
        self.alarm.withLock { $0.isClosed = true }
        self.clearAlarm()
    }

    private func clearAlarm() {
        self.alarm.withLock { alarm in
            alarm.deadline?.cancel()
            alarm.deadline = nil
        }
    }

    private func schedule() {
        self.alarm.withLock { alarm in
            guard alarm.deadline == nil, !alarm.isClosed else { return }
            alarm.deadline = LoopDeadline(on: self.loops.next(), at: EventLoop.monotonicNow() + Self.interval) {
                [weak self] in
                self?.look()
            }
        }
    }

    private func look() {
        self.clearAlarm()
        let now = EventLoop.monotonicNow()
        var left = self.table.allStaying
        self.end(&left, "without streams") { self.isIdle($0, now: now) }
        if left.count > self.policy.highWater {
            let excess = ConnectionTrimming(policy: self.policy).excess(self.candidates(left, now: now), now: now)
            let ids = Set(excess.map(\.id))
            self.end(&left, "too many connections") { ids.contains($0.id) }
        }
        if left.count > self.policy.highWater || (self.policy.idle != .keep && !left.isEmpty) { self.schedule() }
    }

    // MARK: Making room

    private func makeRoom(for newcomer: Connection) {
        let standing = self.table.staying
        guard standing.inbound > self.places.standing(besideOutbound: standing.outbound) else { return }
        let leaving = self.makingRoom.withLock { _ -> [Connection] in
            let count = self.places.standing(besideOutbound: self.table.staying.outbound)
            let staying = self.table.allStaying.filter { $0.direction == .inbound }
            let candidates = self.placeHolders(staying, but: newcomer)
            let going = Set(InboundEviction.givingWay(candidates, standing: staying.count, of: count).map(\.id))
            return self.table.leave(staying.filter { going.contains($0.id) })
        }
        for connection in leaving {
            SwarmMetrics.gaveWay(connection)
            connection.beginClose(gracePeriod: nil)
        }
    }

    private func placeHolders(_ connections: [Connection], but newcomer: Connection) -> [InboundEviction.Candidate] {
        let now = EventLoop.monotonicNow()
        return self.scores.withLock { scores in
            connections.compactMap { connection in
                let peer = connection.remotePeer
                guard connection != newcomer, !scores.isProtected(peer) else { return nil }
                return InboundEviction.Candidate(
                    id: connection.id, network: connection.remoteAddress.ipAddress.map(InboundEviction.network(of:)),
                    value: scores.value(of: peer, now: now),
                    isSettled: self.policy.isSettled(since: connection.openedAt, now: now))
            }
        }
    }

    private func isIdle(_ connection: Connection, now: Instant) -> Bool {
        guard case .close(let time) = self.policy.idle, let since = connection.idleSince else { return false }
        return now - since >= time && !self.isProtected(connection.remotePeer)
    }

    private func candidates(_ connections: [Connection], now: Instant) -> [ConnectionTrimming.Candidate] {
        self.scores.withLock { scores in
            connections.map { connection in
                let peer = connection.remotePeer
                return ConnectionTrimming.Candidate(
                    id: connection.id, peer: peer, direction: connection.direction, openedAt: connection.openedAt,
                    streams: connection.streamCount, value: scores.value(of: peer, now: now),
                    isProtected: scores.isProtected(peer))
            }
        }
    }

    /// Closes those that `isOver` holds for, and takes them out of `connections`.
    private func end(_ connections: inout [Connection], _ why: String, where isOver: (Connection) -> Bool) {
        let over = connections.filter(isOver)
        guard !over.isEmpty else { return }
        let ids = Set(over.map(\.id))
        connections.removeAll { ids.contains($0.id) }
        for connection in self.table.leave(over) {
            SwarmMetrics.trimmed(connection, why)
            connection.beginClose(gracePeriod: Self.closingTime)
        }
    }
}
