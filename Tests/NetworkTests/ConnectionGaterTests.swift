import Bytes
import EventLoop
import Foundation
import Multiformats
import PeerIdentity
import Storage
import TCPTransport
import Testing
import Transport

@testable import Swarm

/// The access list of a node, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct ConnectionGaterTests {
    /// Two nodes of one machine; the access list is the first one's.
    private struct Bench: Sendable {
        let gated: Swarm
        let other: Swarm
        let gatedAddress: Multiaddr
        let otherAddress: Multiaddr

        /// The other node's first refusal from here on.
        func refusal(_ events: AsyncStream<NodeEvent>) async -> RefusedConnection? {
            for await event in events { if case .refusedConnection(let refused) = event { return refused } }
            return nil
        }

        func dialFromOther() async throws -> Connection {
            self.other.addAddresses([self.gatedAddress], of: self.gated.localPeer)
            return try await self.other.connect(to: self.gated.localPeer)
        }

        func dialOther() async throws -> Connection {
            self.gated.addAddresses([self.otherAddress], of: self.other.localPeer)
            return try await self.gated.connect(to: self.other.localPeer)
        }
    }

    private func with(
        _ configuration: SwarmConfiguration = .init(), _ body: (Bench) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 2)
        let gated = try await Swarm(
            identity: .generate(), transports: [TCPTransport()], loops: loops, configuration: configuration)
        let other = try await Swarm(identity: .generate(), transports: [TCPTransport()], loops: loops)
        var failure: (any Error)?
        do {
            let anywhere = try Multiaddr("/ip4/127.0.0.1/tcp/0")
            try await body(
                Bench(
                    gated: gated, other: other, gatedAddress: gated.listen(on: anywhere),
                    otherAddress: other.listen(on: anywhere)))
        } catch {
            failure = error
        }
        await gated.close()
        await other.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    private static func target(_ text: String) throws -> AccessTarget { try #require(AccessTarget(text)) }

    private static var listedOnly: SwarmConfiguration {
        var configuration = SwarmConfiguration()
        configuration.allowsListedOnly = true
        return configuration
    }

    @Test func `a denied peer is not dialled`() async throws {
        try await self.with { bench in
            let events = bench.gated.subscribe()
            let peer = bench.other.localPeer
            let count = HostileSubject.count("swarm_connections_refused_total")
            try await bench.gated.gater.set(.deny, .peer(peer))
            let error = try await #require(throws: DialError.self) { try await bench.dialOther() }
            #expect(error.refusal == .peerDenied(peer))
            #expect(error.attempts.isEmpty)
            #expect("\(error)".contains("is denied by the access list"))
            let refused = await bench.refusal(events)
            #expect(
                refused
                    == RefusedConnection(direction: .outbound, peer: peer, address: nil, refusal: .peerDenied(peer)))
            #expect(HostileSubject.count("swarm_connections_refused_total") > count)
        }
    }

    @Test func `a denied address is not dialled, and the error says so of it`() async throws {
        try await self.with { bench in
            let accepted = bench.other.subscribe()
            try await bench.gated.gater.set(.deny, Self.target("127.0.0.0/8"))
            let error = try await #require(throws: DialError.self) { try await bench.dialOther() }
            #expect(error.attempts.map(\.kind) == [.denied])
            #expect(error.refusal == nil)
            await #expect(throws: DialError.self) {
                try await bench.gated.connect(toWhoeverIsAt: bench.otherAddress)
            }
            await bench.other.close()
            for await event in accepted {
                switch event {
                case .connected, .inboundFailed: Issue.record("a socket was connected: \(event)")
                default: continue
                }
            }
        }
    }

    @Test func `nothing is said to whoever comes from a denied address`() async throws {
        try await self.with { bench in
            let events = bench.gated.subscribe()
            try await bench.gated.gater.set(.deny, Self.target("127.0.0.1"))
            let error = try await #require(throws: DialError.self) { try await bench.dialFromOther() }
            #expect(
                error.attempts.map(\.kind) == [.noCommonProtocol] || error.attempts.map(\.kind) == [.handshakeFailed])
            let refused = try #require(await bench.refusal(events))
            #expect(refused.direction == .inbound && refused.peer == nil)
            #expect(refused.refusal.label == "address_denied")
            #expect(bench.gated.connections.isEmpty)
        }
    }

    @Test func `a denied peer is refused when the handshake has shown who it is, and is no failure besides`()
        async throws
    {
        try await self.with { bench in
            let events = bench.gated.subscribe()
            let peer = bench.other.localPeer
            try await bench.gated.gater.set(.deny, .peer(peer))
            _ = try? await bench.dialFromOther()
            let refused = try #require(await bench.refusal(events))
            #expect(refused.direction == .inbound && refused.peer == peer && refused.refusal == .peerDenied(peer))
            #expect(bench.gated.connections.isEmpty)
            await bench.gated.close()
            for await event in events {
                switch event {
                case .connected, .inboundFailed: Issue.record("\(event)")
                default: continue
                }
            }
        }
    }

    @Test func `where only the list is let in, an empty one lets nobody`() async throws {
        try await self.with(Self.listedOnly) { bench in
            let error = try await #require(throws: DialError.self) { try await bench.dialOther() }
            #expect(error.refusal == .peerNotAllowed(bench.other.localPeer))
            await #expect(throws: DialError.self) { try await bench.dialFromOther() }
            #expect(bench.gated.connections.isEmpty)
        }
    }

    @Test(arguments: [true, false]) func `where only the list is let in, who is on it may connect and be dialled`(
        isPeer: Bool
    ) async throws {
        try await self.with(Self.listedOnly) { bench in
            try await bench.gated.gater.set(
                .allow, isPeer ? .peer(bench.other.localPeer) : Self.target("127.0.0.0/8"))
            let dialled = try await bench.dialOther()
            #expect(dialled.remotePeer == bench.other.localPeer)
            let events = bench.gated.subscribe()
            _ = try await bench.other.connect(toWhoeverIsAt: bench.gatedAddress)
            for await event in events { if case .connected = event { break } }
            #expect(bench.gated.connections.count == 2)
        }
    }

    @Test func `a connection that stands ends when its peer is denied, or no longer allowed`() async throws {
        try await self.with(Self.listedOnly) { bench in
            let peer = AccessTarget.peer(bench.other.localPeer)
            try await bench.gated.gater.set(.allow, peer)
            let first = try await bench.dialOther()
            try await bench.gated.gater.set(.deny, peer)
            #expect(await first.waitUntilClosed() == .closedLocally)
            try await bench.gated.gater.set(.allow, peer)
            let second = try await bench.dialOther()
            #expect(try await bench.gated.gater.remove(peer))
            #expect(await second.waitUntilClosed() == .closedLocally)
            #expect(try await !bench.gated.gater.remove(peer))
        }
    }

    // MARK: Storage

    @Test func `the list is kept over a restart`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        try await self.with(configuration) { bench in
            try await bench.gated.gater.set(.deny, Self.target("192.0.2.0/24"))
            try await bench.gated.gater.set(.allow, .peer(bench.other.localPeer))
            try await bench.gated.gater.set(.deny, Self.target("192.0.2.7"))
            try await bench.gated.gater.remove(Self.target("192.0.2.7"))
        }
        try await self.with(configuration) { bench in
            let denied = try Self.target("192.0.2.0/24")
            #expect(bench.gated.gater.list.map(\.action) == [.deny, .allow])
            #expect(bench.gated.gater.list.first?.target == denied)
        }
    }

    @Test func `what another process changes in the list holds soon, for connections that stand too`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        try await self.with(configuration) { bench in
            let connection = try await bench.dialOther()
            let peer = bench.other.localPeer
            let storage = try await NodeDatabase.open(directory.database, setsDamagedAside: false)
            try await storage.perform { database throws(StorageError) in
                try AccessRows.set(AccessRule(.deny, .peer(peer)), in: database)
            }
            #expect(await connection.waitUntilClosed() == .closedLocally)
            #expect(bench.gated.gater.list == [AccessRule(.deny, .peer(peer))])
            await storage.close()
        }
    }

    @Test func `a node with a damaged database starts, with an empty one`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        try directory.write("peers.sqlite", Array("damaged".utf8))
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        try await self.with(configuration) { bench in
            #expect(bench.gated.gater.list == [])
            _ = try await bench.dialOther()
        }
        #expect(directory.files == ["peers.sqlite", "peers.sqlite.damaged-1"])
    }

    /// What happens to a database, and whether its rules can be read behind it.
    private static let damages: [(name: String, damage: @Sendable (Database) throws -> Void, areRead: Bool)] = [
        ("a newer version", { try $0.execute("PRAGMA user_version = 99") }, true),
        ("another table", { try $0.execute("CREATE TABLE others (a)") }, true),
        ("a damaged page of the peers", { try Self.spoil("peers", in: $0) }, true),
        ("a damaged page of the rules", { try Self.spoil("access_rules", in: $0) }, false),
    ]

    /// Overwrites the first page of a table in the file.
    private static func spoil(_ table: String, in database: Database) throws {
        let page = try #require(
            try database.integer("SELECT rootpage FROM sqlite_schema WHERE name = ?", [.text(table)]))
        // Into the file, out of the log.
        _ = try database.integer("PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try #require(FileHandle(forUpdatingAtPath: database.path))
        try file.seek(toOffset: UInt64(page - 1) * 4_096)
        try file.write(contentsOf: Data((0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 31) }))
        try file.close()
    }

    @Test(arguments: damages.indices) func `the rules of a damaged database are taken over as far as they can be read`(
        index: Int
    ) async throws {
        let (name, damage, areRead) = Self.damages[index]
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let storage = try await NodeDatabase.open(directory.database)
        let rules = try (0..<40 as Range<Int>).map {
            AccessRule($0 == 7 ? .allow : .deny, try Self.target("192.0.2.\($0)"))
        }
        try await storage.perform { database throws(StorageError) in
            for rule in rules { try AccessRows.set(rule, in: database) }
            do {
                try damage(database)
            } catch {
                throw .failed(path: database.path, reason: "\(error)")
            }
        }
        await storage.close()
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        for _ in 0..<2 {
            try await self.with(configuration) { bench in
                #expect(Set(bench.gated.gater.list) == (areRead ? Set(rules) : []), "\(name)")
            }
        }
        #expect(directory.files.contains("peers.sqlite.damaged-1"), "\(name)")
        #expect(!directory.files.contains { $0.contains("damaged-2") || $0.contains(".new") }, "\(name)")
    }

    /// Where a process was ended while it replaced a damaged database, which had rules in its log: the files that it left.
    private static let stops: [(name: String, files: [String: String])] = [
        ("a part of the new file", ["peers.sqlite": "whole", "peers.sqlite-wal": "log", "peers.sqlite.new": "part"]),
        (
            "the damaged file's name",
            ["peers.sqlite-wal": "log", "peers.sqlite.damaged-1": "whole", "peers.sqlite.new": "new"]
        ),
        (
            "its log's name",
            ["peers.sqlite.damaged-1-wal": "log", "peers.sqlite.damaged-1": "whole", "peers.sqlite.new": "new"]
        ),
    ]

    @Test(arguments: stops.indices) func `a process that ends while it replaces a damaged database loses no rule`(
        index: Int
    ) async throws {
        let (name, files) = Self.stops[index]
        let made = try StorageDirectory()
        defer { withExtendedLifetime(made) {} }
        let rule = AccessRule(.deny, try Self.target("192.0.2.1"))
        let storage = try await NodeDatabase.open(made.database)
        // The tables are in the file, and the rule is in the log alone.
        try await storage.perform { database throws(StorageError) in
            _ = try database.integer("PRAGMA wal_checkpoint(TRUNCATE)")
            try AccessRows.set(rule, in: database)
        }
        var contents = [
            "whole": try made.contents(of: "peers.sqlite"), "log": try made.contents(of: "peers.sqlite-wal"),
        ]
        await storage.close()
        contents["new"] = try made.contents(of: "peers.sqlite")
        contents["part"] = Array(try #require(contents["new"]).prefix(5_000))
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        for (file, content) in files { try directory.write(file, try #require(contents[content])) }
        if files["peers.sqlite"] == nil {
            // Whoever only changes the list makes no empty one in its place.
            #expect(NodeDatabase.isThere(directory.database))
            await #expect(throws: StorageError.self, "\(name)") {
                _ = try await NodeDatabase.open(directory.database, setsDamagedAside: false)
            }
        }
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        try await self.with(configuration) { bench in #expect(bench.gated.gater.list == [rule], "\(name)") }
        #expect(!directory.files.contains("peers.sqlite.new"), "\(name)")
        #expect(!directory.files.contains("peers.sqlite-wal"), "\(name)")
    }

    @Test func `a node whose database cannot be made says so`() async throws {
        var configuration = SwarmConfiguration()
        configuration.storage = "/nonexistent/peers.sqlite"
        await #expect(throws: StorageError.self) { try await self.with(configuration) { _ in } }
    }

    @Test func `what a node learns of its peers outlives it`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        var configuration = SwarmConfiguration()
        configuration.storage = directory.database
        var known: (PeerID, Multiaddr)?
        try await self.with(configuration) { bench in
            _ = try await bench.gated.connect(toWhoeverIsAt: bench.otherAddress)
            known = (bench.other.localPeer, bench.otherAddress)
            #expect(bench.gated.peerStore.knownAddresses(of: bench.other.localPeer).map(\.source) == [.connected])
        }
        let (peer, address) = try #require(known)
        try await self.with(configuration) { bench in
            #expect(bench.gated.addresses(of: peer) == [address])
        }
    }
}
