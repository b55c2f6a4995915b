public import Bytes
import EventLoop
public import Multiformats
public import PeerIdentity
public import Storage
import Telemetry
import Transport

/// What a node knows of peers: where they are, what they speak, their keys. From any thread.
///
/// Where the node has a database, the store is read from it at the start and written to it a second behind each change.
public final class PeerStore: Sendable {
    /// An address of a peer, with what it is worth.
    public struct KnownAddress: Hashable, Sendable {
        /// The address, without the peer's `/p2p`.
        public let address: Multiaddr
        /// Where it comes from.
        public let source: AddressSource
        /// For how much longer it counts; nil where it does not expire, or not as long as the peer is connected.
        public let remaining: Duration?
    }

    private static let log = Log("peerstore")

    private let storage: Storage?
    private let table: Locked<PeerTable>
    private let tasks = TaskSet()
    private let isScheduled = Locked(false)

    /// A store that is in memory alone.
    public init() {
        self.storage = nil
        self.table = Locked(PeerTable(keepsChanges: false))
    }

    /// The store of a database, with what is in it. Throws `StorageError`.
    package init(_ storage: Storage) async throws(StorageError) {
        self.storage = storage
        let table = try await storage.perform { database throws(StorageError) in
            let clock = StorageClock.current()
            var table = PeerTable(keepsChanges: true)
            for (peer, entry) in try PeerRows.read(database, clock) { table.restore(entry, of: peer, now: clock.now) }
            return table
        }
        self.table = Locked(table)
    }

    // MARK: What is known

    /// The peers of which something is known, in the order of their IDs.
    public var peers: [PeerID] { self.table.withLock { $0.peers } }

    /// The addresses of a peer, newest first, without its `/p2p`.
    public func addresses(of peer: PeerID) -> [Multiaddr] { self.knownAddresses(of: peer).map(\.address) }

    /// The addresses of a peer with what each is worth, newest first.
    public func knownAddresses(of peer: PeerID) -> [KnownAddress] {
        let now = EventLoop.monotonicNow()
        return self.table.withLock { table in
            let isConnected = table.entry(of: peer)?.isConnected == true
            return table.addresses(of: peer, now: now).map { address in
                let isLasting = isConnected || address.expiry == .distantFuture
                return KnownAddress(
                    address: address.address, source: address.source,
                    remaining: isLasting ? nil : address.expiry - now)
            }
        }
    }

    /// The protocols that the peer said it speaks, in its order; the first 128.
    public func protocols(of peer: PeerID) -> [String] { self.entry(of: peer)?.protocols ?? [] }

    /// What the peer last said its program is; nil where it said nothing.
    public func agentVersion(of peer: PeerID) -> String? {
        self.entry(of: peer).flatMap { $0.agentVersion.isEmpty ? nil : $0.agentVersion }
    }

    /// The peer's key: its ID holds it, or it proved to have it.
    public func publicKey(of peer: PeerID) -> PublicKey? { peer.publicKey ?? self.entry(of: peer)?.publicKey }

    /// The envelope of the peer's own statement of its addresses, the newest that came, for others to verify.
    public func signedRecord(of peer: PeerID) -> Bytes? { self.entry(of: peer)?.record?.envelope }

    /// How long ago the peer was last heard of by itself, or else noted first; nil where nothing is known of it.
    public func lastSeen(of peer: PeerID) -> Duration? {
        self.entry(of: peer).map { EventLoop.monotonicNow() - $0.lastSeen }
    }

    private func entry(of peer: PeerID) -> PeerEntry? { self.table.withLock { $0.entry(of: peer) } }

    // MARK: Noting

    /// Notes addresses of a peer; those that name another peer are passed over.
    ///
    /// A peer has at most 64, of 8 KiB together: those that are worth less give way, of the same worth the older.
    public func add(_ addresses: [Multiaddr], of peer: PeerID, as source: AddressSource = .added) {
        self.add(places: addresses.compactMap { $0.place(of: peer) }, of: peer, as: source)
    }

    /// Notes addresses that do not name the peer.
    func add(places: [Multiaddr], of peer: PeerID, as source: AddressSource) {
        self.change { table, now in table.add(places, of: peer, as: source, now: now) }
    }

    /// Takes a signed record (libp2p RFC 0003), whose addresses then hold instead of what was said without a signature;
    /// false where a newer record is known.
    ///
    /// Throws `PeerIdentityError` where the record is none, or another peer signed it.
    @discardableResult
    public func add(signedRecord envelope: Bytes) throws(PeerIdentityError) -> Bool {
        let record = try PeerRecord.open(envelope)
        return self.accept(record, envelope: envelope, addresses: record.addresses)
    }

    /// Takes a record that was verified, with the addresses of it that are of use; false where a newer one is known.
    @discardableResult
    package func accept(_ record: PeerRecord, envelope: Bytes, addresses: [Multiaddr]) -> Bool {
        let addresses = addresses.compactMap { $0.place(of: record.peerID) }
        let envelope = envelope.compacted()
        return self.change { table, now in
            table.accept(
                sequence: record.sequence, envelope: envelope, addresses: addresses, of: record.peerID, now: now)
        }
    }

    /// Notes what a peer says it speaks and is.
    package func describe(_ peer: PeerID, protocols: [String], agentVersion: String) {
        self.change { table, now in
            table.describe(peer, protocols: protocols, agentVersion: agentVersion, now: now)
        }
    }

    /// Forgets addresses of a peer.
    public func remove(_ addresses: [Multiaddr], of peer: PeerID) {
        let addresses = addresses.compactMap { $0.place(of: peer) }
        self.change { table, now in table.remove(addresses, of: peer, now: now) }
    }

    /// Forgets all that is known of a peer.
    public func remove(_ peer: PeerID) {
        self.change { table, now in table.remove(peer, now: now) }
    }

    // MARK: Connections

    func connected(_ connection: Connection) {
        // Where a peer that dials comes from is not where it listens.
        let address =
            connection.direction == .outbound ? connection.remoteAddress.place(of: connection.remotePeer) : nil
        // Most IDs hold the key.
        let key = connection.remotePeer.publicKey == nil ? connection.remotePublicKey : nil
        self.change { table, now in
            if let key { table.set(key, of: connection.remotePeer, now: now) }
            table.connected(connection.remotePeer, at: address, now: now)
        }
    }

    func disconnected(_ connection: Connection) {
        self.change { table, now in table.disconnected(connection.remotePeer, now: now) }
    }

    // MARK: Writing

    private func change<Result>(_ body: (inout PeerTable, Instant) -> Result) -> Result {
        let now = EventLoop.monotonicNow()
        let (result, hasChanges) = self.table.withLock { table in (body(&table, now), table.hasChanges) }
        if hasChanges { self.schedule(after: PeerStoreLimits.writeDelay) }
        return result
    }

    private func schedule(after delay: Duration) {
        guard let storage = self.storage else { return }
        let begins = self.isScheduled.withLock { isScheduled in
            defer { isScheduled = true }
            return !isScheduled
        }
        guard begins else { return }
        self.tasks.add { [weak self] in
            try? await storage.loop.sleep(until: EventLoop.monotonicNow() + delay)
            guard let self, !Task.isCancelled else { return }
            self.isScheduled.withLock { $0 = false }
            do {
                try await self.flush()
            } catch {
                Self.log.warning(
                    "peers were not stored", ["reason": "\(error)", "next_try": PeerStoreLimits.retryDelay])
                self.schedule(after: PeerStoreLimits.retryDelay)
            }
        }
    }

    /// Writes what has changed; when this returns, all that was noted before survives the end of the process.
    ///
    /// Does nothing for a store in memory. Throws `StorageError`.
    public func flush() async throws(StorageError) {
        guard let storage = self.storage else { return }
        // Changes are taken on the database's thread, so that an older state of a peer never comes behind a newer one.
        while try await storage.perform({ database throws(StorageError) in try self.writeBatch(database) }) {}
    }

    /// Writes some changes; false where there are none.
    private func writeBatch(_ database: Database) throws(StorageError) -> Bool {
        let changes = self.table.withLock { $0.takeChanges(PeerStoreLimits.batch) }
        guard !changes.isEmpty else { return false }
        do throws(StorageError) {
            try PeerRows.write(changes, to: database, .current())
        } catch {
            self.table.withLock { $0.putBack(changes) }
            throw error
        }
        return true
    }

    /// Writes what has changed, and writes no more.
    func close() async {
        await self.tasks.cancelAndWait()
        do {
            try await self.flush()
        } catch {
            Self.log.warning("peers were not stored", ["reason": error])
        }
    }
}
