import Bytes
import Multiformats
import PeerIdentity
import Testing

@testable import Swarm

struct PeerTableTests {
    private static let start = Instant(nanoseconds: 5_000_000_000)

    private static func time(_ seconds: Int) -> Instant { Self.start + .seconds(seconds) }

    /// The addresses that count after so many seconds, by their numbers' samples.
    private static func addresses(_ table: PeerTable, _ seconds: Int = 0, of number: Int = 1) throws -> [Multiaddr] {
        table.addresses(of: try PeerSamples.peer(number), now: Self.time(seconds)).map(\.address)
    }

    private var peer: PeerID { get throws { try PeerSamples.peer(1) } }
    private var table = PeerTable(keepsChanges: true)

    // MARK: Addresses

    @Test mutating func `the newest addresses of a peer come first, each once`() throws {
        let addresses = PeerSamples.addresses(1...3)
        self.table.add([addresses[0], addresses[1]], of: try self.peer, as: .added, now: Self.start)
        self.table.add([addresses[2], addresses[0], addresses[2]], of: try self.peer, as: .added, now: Self.start)
        #expect(try Self.addresses(self.table) == [addresses[2], addresses[0], addresses[1]])
    }

    @Test mutating func `a peer has 64 addresses at most, and 8 KiB of them`() throws {
        let short = PeerSamples.addresses(1...100)
        self.table.add(short, of: try self.peer, as: .added, now: Self.start)
        #expect(try Self.addresses(self.table) == Array(short.prefix(64)))
        let long = try PeerSamples.longAddresses(64)
        self.table.add(long, of: try PeerSamples.peer(2), as: .added, now: Self.start)
        let kept = try Self.addresses(self.table, of: 2)
        #expect(kept == Array(long.prefix(kept.count)))
        #expect(kept.count >= 8 && kept.reduce(0) { $0 + $1.bytes.count } <= 8_192)
    }

    @Test mutating func `an address that is worth less gives way, whenever it came`() throws {
        self.table.connected(try self.peer, at: PeerSamples.address(1), now: Self.start)
        self.table.add([PeerSamples.address(2)], of: try self.peer, as: .configured, now: Self.start)
        self.table.add(PeerSamples.addresses(100...200), of: try self.peer, as: .told, now: Self.start)
        let kept = try Self.addresses(self.table)
        #expect(kept.count == 64 && kept.contains(PeerSamples.address(1)) && kept.contains(PeerSamples.address(2)))
        self.table.add([PeerSamples.address(3)], of: try self.peer, as: .added, now: Self.start)
        #expect(try Self.addresses(self.table).first == PeerSamples.address(3))
        #expect(try Self.addresses(self.table).count == 64)
    }

    @Test(arguments: [
        (AddressSource.discovered, 120), (.dialled, 120), (.told, 3_600), (.signed, 3_600), (.connected, 900),
    ])
    func `an address counts as long as its source says`(source: AddressSource, seconds: Int) throws {
        var table = PeerTable(keepsChanges: true)
        table.add([PeerSamples.address(1)], of: try self.peer, as: source, now: Self.start)
        #expect(try Self.addresses(table, seconds - 1).count == 1)
        #expect(try Self.addresses(table, seconds).isEmpty)
        #expect(source.lifetime == .seconds(seconds))
    }

    @Test(arguments: [AddressSource.added, .configured])
    func `what the program or its configuration says does not expire`(source: AddressSource) throws {
        var table = PeerTable(keepsChanges: true)
        table.add([PeerSamples.address(1)], of: try self.peer, as: source, now: Self.start)
        table.removeExpired(now: Self.time(1_000_000_000))
        #expect(try Self.addresses(table, 1_000_000_000).count == 1)
    }

    @Test mutating func `an address that two say counts for the longer and the better of them`() throws {
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .told, now: Self.start)
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .dialled, now: Self.time(10))
        #expect(self.table.entry(of: try self.peer)?.addresses.map(\.source) == [.dialled])
        #expect(try Self.addresses(self.table, 3_599).count == 1)
        #expect(try Self.addresses(self.table, 3_600).isEmpty)
        // What has expired lends nothing to what comes later.
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .discovered, now: Self.time(4_000))
        #expect(self.table.entry(of: try self.peer)?.addresses.map(\.source) == [.discovered])
    }

    // MARK: Connections

    @Test mutating func `nothing of a connected peer expires, and all of it counts 15 minutes longer`() throws {
        self.table.add([PeerSamples.address(2)], of: try self.peer, as: .discovered, now: Self.start)
        self.table.connected(try self.peer, at: PeerSamples.address(1), now: Self.time(60))
        self.table.connected(try self.peer, at: nil, now: Self.time(61))
        self.table.removeExpired(now: Self.time(100_000))
        self.table.disconnected(try self.peer, now: Self.time(100_000))
        #expect(try Self.addresses(self.table, 200_000).count == 2)
        self.table.disconnected(try self.peer, now: Self.time(200_000))
        #expect(try Self.addresses(self.table, 200_899).count == 2)
        #expect(try Self.addresses(self.table, 200_900).isEmpty)
        // One end more than there were connections changes nothing.
        self.table.disconnected(try self.peer, now: Self.time(200_000))
        #expect(self.table.entry(of: try self.peer)?.connections == 0)
    }

    @Test mutating func `a peer without an address is remembered for six hours`() throws {
        self.table.connected(try self.peer, at: nil, now: Self.start)
        self.table.describe(try self.peer, protocols: ["/p"], agentVersion: "a/1", now: Self.start)
        self.table.disconnected(try self.peer, now: Self.start)
        self.table.removeExpired(now: Self.time(6 * 3_600 - 1))
        #expect(self.table.entry(of: try self.peer)?.protocols == ["/p"])
        self.table.removeExpired(now: Self.time(6 * 3_600))
        #expect(self.table.count == 0)
    }

    @Test mutating func `what has expired goes by itself`() throws {
        for number in 1...100 {
            self.table.add(
                [PeerSamples.address(number)], of: try PeerSamples.peer(number), as: .discovered, now: Self.start)
        }
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .added, now: Self.time(7 * 3_600))
        #expect(self.table.peers == [try self.peer])
    }

    // MARK: Signed records

    @Test mutating func `a record takes the place of what was said without a signature, and of an older record`() throws
    {
        func accept(_ sequence: UInt64, _ numbers: ClosedRange<Int>, _ seconds: Int) throws -> Bool {
            self.table.accept(
                sequence: sequence, envelope: Bytes(utf8: "\(sequence)"), addresses: PeerSamples.addresses(numbers),
                of: try self.peer, now: Self.time(seconds))
        }
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .told, now: Self.start)
        self.table.add([PeerSamples.address(2)], of: try self.peer, as: .added, now: Self.start)
        #expect(try accept(10, 3...4, 0))
        #expect(try Self.addresses(self.table) == PeerSamples.addresses(3...4) + [PeerSamples.address(2)])
        self.table.add([PeerSamples.address(5)], of: try self.peer, as: .told, now: Self.time(1))
        #expect(try !Self.addresses(self.table, 1).contains(PeerSamples.address(5)))
        #expect(try accept(11, 4...4, 2))
        #expect(try Self.addresses(self.table, 2) == [PeerSamples.address(4), PeerSamples.address(2)])
        #expect(try !accept(10, 3...3, 3))
        #expect(try Self.addresses(self.table, 3) == [PeerSamples.address(4), PeerSamples.address(2)])
        #expect(self.table.entry(of: try self.peer)?.record?.envelope == Bytes(utf8: "11"))
        // Its hour is over: words count again, and still no older record.
        self.table.add([PeerSamples.address(5)], of: try self.peer, as: .told, now: Self.time(3_602))
        #expect(try Self.addresses(self.table, 3_602).first == PeerSamples.address(5))
        #expect(try !accept(10, 3...3, 3_603))
        #expect(try accept(.max, 6...6, 3_604))
        #expect(try !accept(.max - 1, 7...7, 3_605))
    }

    // MARK: Room

    @Test mutating func `however many peers come with however much, the table stays small and keeps the newest`() throws
    {
        let names = try PeerSamples.longAddresses(64)
        let envelope = Bytes([UInt8](repeating: 1, count: 8_192))
        let protocols = (0..<2_000).map { "/protocol/\($0)" }
        for number in 0..<2_000 {
            let peer = try PeerSamples.peer(number)
            _ = self.table.accept(sequence: 1, envelope: envelope, addresses: names, of: peer, now: Self.start)
            self.table.describe(
                peer, protocols: protocols, agentVersion: String(repeating: "ü", count: 9_999), now: Self.start)
        }
        #expect(self.table.evictableBytes <= PeerStoreLimits.bytes)
        #expect(self.table.entry(of: try PeerSamples.peer(0)) == nil)
        let last = try #require(self.table.entry(of: try PeerSamples.peer(1_999)))
        #expect(last.protocols == Array(protocols.prefix(128)))
        #expect(last.agentVersion.utf8.count <= 258 && last.bytes < 32_768)
        #expect(self.table.count > 100)
    }

    @Test mutating func `there are at most so many peers, and those of use longest ago go first`() throws {
        for number in 0..<PeerStoreLimits.peers {
            self.table.add([PeerSamples.address(1)], of: try PeerSamples.peer(number), as: .added, now: Self.start)
        }
        #expect(self.table.count == PeerStoreLimits.peers)
        // One that is noted again is of use.
        self.table.add([PeerSamples.address(1)], of: try PeerSamples.peer(0), as: .added, now: Self.start)
        for number in 0..<10 {
            self.table.add([PeerSamples.address(1)], of: try PeerSamples.peer(-1 - number), as: .added, now: Self.start)
        }
        #expect(self.table.count == PeerStoreLimits.peers)
        #expect(self.table.entry(of: try PeerSamples.peer(0)) != nil)
        for number in 1...10 { #expect(self.table.entry(of: try PeerSamples.peer(number)) == nil) }
        #expect(self.table.entry(of: try PeerSamples.peer(11)) != nil)
    }

    @Test mutating func `a connected and a configured peer stay, whoever comes`() throws {
        self.table.connected(try PeerSamples.peer(1), at: PeerSamples.address(1), now: Self.start)
        self.table.add([PeerSamples.address(2)], of: try PeerSamples.peer(2), as: .configured, now: Self.start)
        for number in 3..<(PeerStoreLimits.peers + 100) {
            self.table.add([PeerSamples.address(3)], of: try PeerSamples.peer(number), as: .added, now: Self.start)
        }
        #expect(self.table.count == PeerStoreLimits.peers + 2)
        #expect(try Self.addresses(self.table, of: 1) == [PeerSamples.address(1)])
        #expect(try Self.addresses(self.table, of: 2) == [PeerSamples.address(2)])
        self.table.disconnected(try PeerSamples.peer(1), now: Self.start)
        #expect(self.table.evictableCount == PeerStoreLimits.peers)
        for number in 0..<PeerStoreLimits.peers {
            self.table.add([PeerSamples.address(3)], of: try PeerSamples.peer(-number - 1), as: .added, now: Self.start)
        }
        #expect(self.table.entry(of: try PeerSamples.peer(1)) == nil)
        #expect(self.table.entry(of: try PeerSamples.peer(2)) != nil)
    }

    @Test mutating func `a peer that is removed is gone, and of a connected one the connection alone is known`() throws
    {
        self.table.add([PeerSamples.address(1)], of: try self.peer, as: .configured, now: Self.start)
        self.table.connected(try self.peer, at: nil, now: Self.start)
        self.table.remove(try self.peer, now: Self.start)
        #expect(try Self.addresses(self.table).isEmpty)
        #expect(self.table.entry(of: try self.peer)?.isConnected == true)
        self.table.disconnected(try self.peer, now: Self.start)
        self.table.remove(try self.peer, now: Self.start)
        #expect(self.table.count == 0 && self.table.evictableCount == 0 && self.table.evictableBytes == 0)
    }

    @Test func `what could not be written and is forgotten meanwhile leaves nothing to be written`() throws {
        var table = PeerTable(keepsChanges: true)
        let peer = try PeerSamples.peer(1)
        for _ in 0..<2 {
            table.add([try Multiaddr("/ip4/192.0.2.1/tcp/1")], of: peer, as: .told, now: .zero)
            let changes = table.takeChanges(10)
            #expect(changes.map(\.peer) == [peer])
            table.remove(peer, now: .zero)
            table.putBack(changes)
            #expect(table.takeChanges(10).isEmpty)
        }
    }
}
