import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Storage
import Testing

@testable import Swarm

@Suite(.timeLimit(.minutes(1))) struct PeerStoreTests {
    /// Opens the store of a database, runs `body` and closes both.
    private func with(_ directory: StorageDirectory, _ body: (PeerStore) async throws -> Void) async throws {
        let storage = try await NodeDatabase.open(directory.database)
        let store = try await PeerStore(storage)
        try await body(store)
        await store.close()
        await storage.close()
    }

    @Test func `a restart keeps addresses, records, protocols, keys and programs`() async throws {
        let directory = try StorageDirectory()
        let key = try PrivateKey.generate(.ecdsa)
        let (peer, other) = (key.peerID, try PeerSamples.peer(2))
        let record = PeerRecord(peerID: peer, sequence: .max, addresses: PeerSamples.addresses(1...2))
        let envelope = try record.seal(with: key).bytes
        try await self.with(directory) { store in
            let isTaken = try store.add(signedRecord: envelope)
            #expect(isTaken)
            store.describe(peer, protocols: ["/b", "/a"], agentVersion: "peer/1")
            store.add([PeerSamples.address(3)], of: peer)
            store.add([PeerSamples.address(4)], of: other, as: .configured)
            store.add([PeerSamples.address(5)], of: other, as: .dialled)
        }
        try await self.with(directory) { store in
            #expect(store.addresses(of: peer) == [3, 1, 2].map { PeerSamples.address($0) })
            #expect(store.knownAddresses(of: peer).map(\.source) == [.added, .signed, .signed])
            let remaining = store.knownAddresses(of: peer)[1].remaining ?? .zero
            #expect(remaining > .seconds(3_500) && remaining <= .seconds(3_601))
            #expect(store.protocols(of: peer) == ["/b", "/a"])
            #expect(store.agentVersion(of: peer) == "peer/1")
            #expect(store.signedRecord(of: peer) == envelope)
            // The configuration speaks for itself at each start.
            #expect(store.knownAddresses(of: other).map(\.source) == [.dialled, .connected])
            // An older record is not taken after a restart either.
            let older = PeerRecord(peerID: peer, sequence: .max - 1, addresses: PeerSamples.addresses(7...7))
            let isTaken = try store.add(signedRecord: older.seal(with: key).bytes)
            #expect(!isTaken)
            store.remove(peer)
        }
        try await self.with(directory) { store in #expect(store.peers == [other]) }
    }

    @Test func `a record that another signed is refused, and a peer has no addresses of others`() async throws {
        let store = PeerStore()
        let (key, other) = (try PrivateKey.generate(), try PrivateKey.generate())
        var payload = ProtobufWriter()
        payload.write(1, bytes: key.peerID.bytes)
        payload.write(2, varint: 1)
        let envelope = try SignedEnvelope.seal(payload.finish(), as: PeerRecord.kind, with: other)
        #expect(throws: PeerIdentityError.mismatchedPeer(record: key.peerID, signer: other.peerID)) {
            try store.add(signedRecord: envelope.bytes)
        }
        #expect(throws: PeerIdentityError.self) { try store.add(signedRecord: [1, 2, 3]) }
        store.add([try PeerSamples.address(1).appending(other.peerID)], of: key.peerID)
        #expect(store.peers == [])
        store.add([try PeerSamples.address(1).appending(key.peerID)], of: key.peerID)
        #expect(store.addresses(of: key.peerID) == [PeerSamples.address(1)])
    }

    @Test func `what is noted is written by itself`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let storage = try await NodeDatabase.open(directory.database)
        let store = try await PeerStore(storage)
        store.add([PeerSamples.address(1)], of: try PeerSamples.peer(1))
        let reader = try await NodeDatabase.open(directory.database)
        while try await reader.perform({ database throws(StorageError) in
            try StoredPeer.all(in: database, isRunning: true)
        }).isEmpty {
            await Task.yield()
        }
        await reader.close()
        await store.close()
        await storage.close()
    }

    @Test func `rows that make no sense are passed over, and the rest is read`() async throws {
        let directory = try StorageDirectory()
        try await self.with(directory) { store in
            for number in 1...3 { store.add([PeerSamples.address(number)], of: try PeerSamples.peer(number)) }
        }
        let storage = try await NodeDatabase.open(directory.database)
        let peer = try PeerSamples.peer(2)
        try await storage.perform { database throws(StorageError) in
            try database.execute("UPDATE addresses SET address = x'ff' WHERE peer = ?", [.blob(peer.bytes)])
            try database.execute(
                "INSERT INTO peers VALUES (x'0102', '', x'03', -1, x'04', 5, 7, ?)", [.integer(.max)])
            try database.execute(
                "INSERT INTO peers VALUES (?, 'a', x'03', -1, x'04', ?, 0, ?)",
                [.blob([0, 0]), .integer(.max), .integer(.min)])
        }
        await storage.close()
        try await self.with(directory) { store in
            let whole = try PeerSamples.peer(1)
            #expect(store.addresses(of: whole) == [PeerSamples.address(1)])
            #expect(store.addresses(of: peer) == [])
        }
    }

    // MARK: Time

    /// What is read at `later` of a peer that was written at 1,000 seconds.
    private func entry(
        _ change: @Sendable @escaping (inout PeerTable, PeerID, Instant) -> Void, readAt later: Int64
    ) async throws -> PeerEntry? {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let storage = try await NodeDatabase.open(directory.database)
        let peer = try PeerSamples.peer(1)
        let entry = try await storage.perform { database throws(StorageError) in
            var table = PeerTable(keepsChanges: true)
            let now = Instant(nanoseconds: 77)
            change(&table, peer, now)
            try PeerRows.write(table.takeChanges(9), to: database, StorageClock(now: now, unix: 1_000))
            // The clock of the process begins anew.
            return try PeerRows.read(database, StorageClock(now: Instant(nanoseconds: -5), unix: later)).first?.entry
        }
        await storage.close()
        return entry
    }

    @Test(arguments: [(1_000 as Int64, true), (1_119, true), (1_122, false), (.max, false), (0, true), (.min, true)])
    func `an address counts no longer than was meant, also where the clock was set back`(
        later: Int64, counts: Bool
    ) async throws {
        let entry = try await self.entry(
            { $0.add([PeerSamples.address(1)], of: $1, as: .dialled, now: $2) }, readAt: later)
        let addresses = try #require(entry).addresses
        #expect(addresses.isEmpty != counts)
        if let address = addresses.first { #expect(address.expiry <= Instant(nanoseconds: -5) + .seconds(3_600)) }
    }

    @Test func `a peer that was connected when the program ended was so just now`() async throws {
        let entry = try await self.entry(
            { $0.connected($1, at: PeerSamples.address(1), now: $2) }, readAt: 500_000)
        #expect(entry?.addresses.map(\.expiry) == [Instant(nanoseconds: -5) + .seconds(900)])
        #expect(entry?.isConnected == false)
    }
}
