import Bytes
import PeerIdentity
import Transport

/// What the service knows of every connection, and of peers by what they said.
///
/// It is the service's state under its lock; it does nothing by itself.
struct IdentifyTable {
    private struct Entry {
        let connection: Connection
        var exchange = Exchange.running([])
        /// The number of the last snapshot that the peer was sent; nil where it was sent none.
        var toldNumber: UInt64?
        var isPushing = false
        var pushes = RateBudget(burst: IdentifyLimits.pushBurst, interval: IdentifyLimits.pushInterval)
    }

    private enum Exchange {
        case running([PendingResult<IdentifyInfo>])
        case succeeded
        case failed(IdentifyError)
    }

    private var entries: [UInt64: Entry] = [:]
    private var peers = IdentifiedPeers()

    func info(of peer: PeerID) -> IdentifyInfo? { self.peers.info(of: peer) }

    // MARK: Connections

    /// Enters a connection; false where it is there already.
    mutating func insert(_ connection: Connection) -> Bool {
        guard self.entries[connection.id] == nil else { return false }
        self.entries[connection.id] = Entry(connection: connection)
        self.peers.connected(connection.remotePeer)
        return true
    }

    /// Takes a connection out, and returns who waits for its peer.
    mutating func remove(_ connection: Connection, isLast: Bool) -> [PendingResult<IdentifyInfo>] {
        if isLast { self.peers.disconnected(connection.remotePeer) }
        guard case .running(let waiters)? = self.entries.removeValue(forKey: connection.id)?.exchange else { return [] }
        return waiters
    }

    /// Takes every connection out, and returns who waits.
    mutating func removeAll() -> [PendingResult<IdentifyInfo>] {
        defer { self.entries = [:] }
        return self.entries.values.flatMap { entry -> [PendingResult<IdentifyInfo>] in
            if case .running(let waiters) = entry.exchange { waiters } else { [] }
        }
    }

    func contains(_ connection: Connection) -> Bool { self.entries[connection.id] != nil }

    // MARK: Exchanges

    /// What the peer said, or how asking it failed; where the exchange is still running, `waiter` will be told.
    mutating func result(
        of connection: Connection, orTell waiter: PendingResult<IdentifyInfo>
    ) -> Result<IdentifyInfo, IdentifyError>? {
        switch self.entries[connection.id]?.exchange {
        case .running(let waiters):
            self.entries[connection.id]?.exchange = .running(waiters + [waiter])
            return nil
        case .succeeded: return .success(self.peers.info(of: connection.remotePeer) ?? IdentifyInfo())
        case .failed(let error): return .failure(error)
        case nil: return .failure(.connectionClosed)
        }
    }

    /// Notes how the exchange ended, and returns who waits for it.
    mutating func finish(_ connection: Connection, _ error: IdentifyError?) -> [PendingResult<IdentifyInfo>] {
        guard case .running(let waiters)? = self.entries[connection.id]?.exchange else { return [] }
        self.entries[connection.id]?.exchange = error.map { .failed($0) } ?? .succeeded
        return waiters
    }

    mutating func set(_ info: IdentifyInfo, of peer: PeerID) { self.peers.set(info, of: peer) }

    // MARK: Pushes

    /// Counts a push of the connection's peer; false where it sends too many.
    mutating func admitPush(on connection: Connection, now: Instant) -> Bool {
        guard let isAdmitted = self.entries[connection.id]?.pushes.take(now: now) else { return false }
        return Defence.identifyPushRate.holds(isAdmitted)
    }

    mutating func told(_ connection: Connection, _ number: UInt64) {
        let last = self.entries[connection.id]?.toldNumber ?? 0
        self.entries[connection.id]?.toldNumber = max(last, number)
    }

    /// Whether the peer was told something before this snapshot.
    func isBehind(_ connection: Connection, _ number: UInt64) -> Bool {
        (self.entries[connection.id]?.toldNumber).map { $0 < number } ?? false
    }

    /// Begins to push the snapshot; false where the peer has it, or where another push to it is under way.
    mutating func beginPush(_ connection: Connection, _ number: UInt64) -> Bool {
        guard let entry = self.entries[connection.id], !entry.isPushing, entry.toldNumber ?? 0 < number else {
            return false
        }
        self.entries[connection.id]?.isPushing = true
        return true
    }

    mutating func endPush(_ connection: Connection) {
        self.entries[connection.id]?.isPushing = false
    }

    /// Connections in the order in which they came.
    var connections: [Connection] { self.entries.values.map(\.connection).sorted { $0.id < $1.id } }
}
