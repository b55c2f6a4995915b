import Bytes
import Multiformats
import PeerIdentity
import Storage
import Telemetry

/// The peers in the node's database. On its thread only.
enum PeerRows {
    private static let log = Log("peerstore")

    // MARK: Writing

    /// Writes changes, in one transaction.
    static func write(
        _ changes: [PeerTable.Change], to database: Database, _ clock: StorageClock
    ) throws(StorageError) {
        try database.transaction { () throws(StorageError) in
            for change in changes {
                // What belongs to the peer goes with it.
                try database.execute("DELETE FROM peers WHERE id = ?", [.blob(change.peer.bytes)])
                if let entry = change.entry { try Self.insert(entry, of: change.peer, into: database, clock) }
            }
        }
    }

    private static func insert(
        _ entry: PeerEntry, of peer: PeerID, into database: Database, _ clock: StorageClock
    ) throws(StorageError) {
        let record = entry.record
        try database.execute(
            """
            INSERT INTO peers (id, agent, key, sequence, record, record_expires, connected, seen)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .blob(peer.bytes), .text(entry.agentVersion), .optional(entry.publicKey?.protobuf),
                .optional(record.map { Int64(bitPattern: $0.sequence) }), .optional(record?.envelope),
                .optional(record.flatMap { clock.unix($0.expiry) }), .integer(entry.isConnected ? 1 : 0),
                .integer(clock.unix(entry.lastSeen) ?? clock.unix),
            ])
        for (place, address) in entry.addresses.enumerated() {
            try database.execute(
                "INSERT INTO addresses (peer, place, address, source, expires) VALUES (?, ?, ?, ?, ?)",
                [
                    .blob(peer.bytes), .integer(Int64(place)), .blob(address.address.bytes),
                    .integer(Int64(address.source.rawValue)), .optional(clock.unix(address.expiry)),
                ])
        }
        for (place, protocolID) in entry.protocols.enumerated() {
            try database.execute(
                "INSERT INTO protocols (peer, place, protocol) VALUES (?, ?, ?)",
                [.blob(peer.bytes), .integer(Int64(place)), .text(protocolID)])
        }
    }

    // MARK: Reading

    /// Every peer of the database. Rows that make no sense are passed over.
    ///
    /// What an earlier configuration said is, without `keepsConfigured`, as good as an address of a peer that was connected
    /// just now: the configuration of this run speaks for itself.
    static func read(
        _ database: Database, _ clock: StorageClock, keepsConfigured: Bool = false
    ) throws(StorageError) -> [(peer: PeerID, entry: PeerEntry)] {
        let addresses = try Self.readAddresses(database, clock, keepsConfigured: keepsConfigured)
        let protocols = try Self.readProtocols(database)
        let rows = try database.query(
            """
            SELECT id, agent, key, sequence, record, record_expires, connected, seen FROM peers ORDER BY seen, id
            """
        ) { row throws(StorageError) -> (peer: PeerID, entry: PeerEntry)? in
            guard let peer = try? PeerID(bytes: row.blob(0)) else { return nil }
            // The program ended, in whatever way, while the peer was connected.
            let wasConnected = try row.integer(6) != 0
            let seen = clock.instant(min(try row.integer(7), clock.unix), atMost: .zero)
            var entry = PeerEntry(lastSeen: wasConnected ? clock.now : seen)
            entry.describe(protocols: protocols[peer] ?? [], agentVersion: try row.text(1))
            if let bytes = try row.optionalBlob(2), let key = try? PublicKey(protobuf: bytes), key.peerID == peer {
                entry.publicKey = key
            }
            var record: PeerEntry.Record?
            if let sequence = try row.optionalInteger(3), let envelope = try row.optionalBlob(4) {
                record = PeerEntry.Record(
                    sequence: UInt64(bitPattern: sequence), envelope: envelope,
                    expiry: clock.instant(try row.optionalInteger(5), atMost: AddressSource.signed.lifetime))
            }
            entry.restore(addresses[peer] ?? [], record: record)
            if wasConnected { entry.disconnected(now: clock.now) }
            entry.removeExpired(now: clock.now)
            return (peer, entry)
        }
        let peers = rows.compactMap { $0 }
        if peers.count < rows.count {
            Self.log.warning("peers were not understood", ["count": rows.count - peers.count])
        }
        return peers
    }

    private static func readAddresses(
        _ database: Database, _ clock: StorageClock, keepsConfigured: Bool
    ) throws(StorageError) -> [PeerID: [PeerEntry.Address]] {
        var addresses: [PeerID: [PeerEntry.Address]] = [:]
        let rows = try database.query(
            "SELECT peer, address, source, expires FROM addresses ORDER BY peer, place"
        ) { row throws(StorageError) -> (PeerID, PeerEntry.Address)? in
            guard let peer = try? PeerID(bytes: row.blob(0)), let address = try? Multiaddr(bytes: row.blob(1)),
                var source = AddressSource(rawValue: Int(truncatingIfNeeded: try row.integer(2)))
            else { return nil }
            var expiry = clock.instant(try row.optionalInteger(3), atMost: source.longestLifetime)
            if source == .configured, !keepsConfigured {
                source = .connected
                expiry = clock.now + PeerStoreLimits.recentlyConnected
            }
            return (peer, PeerEntry.Address(address: address, source: source, expiry: expiry))
        }
        for case (let peer, let address)? in rows { addresses[peer, default: []].append(address) }
        return addresses
    }

    private static func readProtocols(_ database: Database) throws(StorageError) -> [PeerID: [String]] {
        var protocols: [PeerID: [String]] = [:]
        let rows = try database.query("SELECT peer, protocol FROM protocols ORDER BY peer, place") {
            row throws(StorageError) -> (PeerID, String)? in
            guard let peer = try? PeerID(bytes: row.blob(0)) else { return nil }
            return (peer, try row.text(1))
        }
        for case (let peer, let protocolID)? in rows { protocols[peer, default: []].append(protocolID) }
        return protocols
    }
}

extension AddressSource {
    /// How long an address of this source may still count when it is read: it may be another's first, and the peer was
    /// connected perhaps.
    fileprivate var longestLifetime: Duration? {
        // An address that was added and is dialled keeps what it had.
        self >= .added ? nil : .seconds(3_600)
    }
}
