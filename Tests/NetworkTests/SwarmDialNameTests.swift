import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// Dials of addresses with names, which a real server answers for, or does not.
@Suite(
    .timeLimit(.minutes(1)),
    .enabled(if: NameServer.isRequiredOrPresent, "dnsmasq is not installed (Debian: dnsmasq-base)")
)
struct SwarmDialNameTests {
    /// Less than the five seconds that a silent server is waited for, and far more than the rest takes.
    private static let lessThanSilence: Duration = .seconds(4)

    /// Runs `body` with a bench whose swarm asks a server with these records; names in "silent" get no answer.
    private func withBench(
        _ records: [String] = [], _ change: (inout SwarmConfiguration) -> Void = { _ in },
        _ body: (SwarmDialBench) async throws -> Void
    ) async throws {
        let silence = try SilentServer()
        defer { silence.close() }
        let server = try await NameServer.start(
            ["--local=/test/", "--server=/silent/127.0.0.1#\(silence.port)"] + records)
        defer { server.stop() }
        var configuration = SwarmConfiguration()
        configuration.nameServers = [server.address]
        change(&configuration)
        try await SwarmDialBench.with(configuration, body)
    }

    private static func record(_ name: String, _ address: Multiaddr) -> String {
        "--txt-record=_dnsaddr.\(name),dnsaddr=\(address)"
    }

    // MARK: Records of several peers

    @Test func `of the records of a name, only those of the peer are dialled`() async throws {
        let peers = try (0..<3).map { _ in try PrivateKey.generate().peerID }
        let records = try peers.enumerated().map { index, peer in
            Self.record("boot.test", try SwarmDialBench.address(index + 1).appending(peer))
        }
        try await self.withBench(records) { bench in
            let error = try await #require(throws: DialError.self) {
                try await bench.swarm.connect(to: Multiaddr("/dnsaddr/boot.test").appending(peers[1]))
            }
            #expect(error.attempts.map(\.address) == [try SwarmDialBench.address(2)])
            #expect(bench.transport.record.begun == [try SwarmDialBench.address(2)])
        }
    }

    @Test func `a name that was noted for a peer leads to that peer alone`() async throws {
        let peers = try (0..<2).map { _ in try PrivateKey.generate().peerID }
        let records = try [
            Self.record("boot.test", Multiaddr("/dnsaddr/first.test").appending(peers[0])),
            Self.record("boot.test", Multiaddr("/dnsaddr/second.test").appending(peers[1])),
            Self.record("first.test", SwarmDialBench.address(1).appending(peers[0])),
            Self.record("second.test", SwarmDialBench.address(2).appending(peers[1])),
        ]
        try await self.withBench(records) { bench in
            bench.swarm.addAddresses([try Multiaddr("/dnsaddr/boot.test")], of: peers[0])
            await #expect(throws: DialError.self) { try await bench.swarm.connect(to: peers[0]) }
            #expect(bench.transport.record.begun == [try SwarmDialBench.address(1)])
        }
    }

    @Test func `a name that others told of leads into no network where a public peer is not looked for`() async throws {
        let names = ["10.1.1.1", "198.18.0.1", "240.0.0.1", "127.0.0.1"].enumerated().map { ("host\($0).test", $1) }
        try await self.withBench(names.map { "--host-record=\($0),\($1)" }) { bench in
            let peer = try PrivateKey.generate().peerID
            bench.swarm.addAddresses(try names.map { try Multiaddr("/dns4/\($0.0)/tcp/1") }, of: peer, as: .told)
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: peer) }
            #expect(Set(error.attempts.map(\.address)) == Set(try names.map { try Multiaddr("/ip4/\($0.1)/tcp/1") }))
            #expect(error.attempts.allSatisfy { $0.kind == .filtered })
            #expect(bench.transport.record.begun == [])
        }
    }

    @Test func `a name without a record of the peer is told as such`() async throws {
        let (target, other) = try (PrivateKey.generate().peerID, PrivateKey.generate().peerID)
        let records = [Self.record("boot.test", try SwarmDialBench.address(1).appending(other))]
        try await self.withBench(records) { bench in
            let error = try await #require(throws: DialError.self) {
                try await bench.swarm.connect(to: Multiaddr("/dnsaddr/boot.test").appending(target))
            }
            #expect(error.attempts.map(\.kind) == [.nameNotFound])
            #expect(error.attempts.map(\.address) == [try Multiaddr("/dnsaddr/boot.test")])
            #expect(bench.transport.record.begun == [])
        }
    }

    // MARK: Names that take long

    @Test func `an address without names waits for no name`() async throws {
        try await self.withBench { bench in
            let peer = try await bench.peer()
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.reach(peer.place), for: address)
            let names = try (1...3).map { try Multiaddr("/dns4/\($0).silent/tcp/4001") }
            bench.swarm.addAddresses(names + [address], of: peer.swarm.localPeer)
            let connection = try await bench.swarm.connect(
                to: peer.swarm.localPeer, timeout: Self.lessThanSilence)
            #expect(connection.remotePeer == peer.swarm.localPeer)
        }
    }

    @Test func `a name that is answered waits for no other`() async throws {
        try await self.withBench(["--host-record=here.test,192.0.2.1"]) { bench in
            let peer = try await bench.peer()
            bench.transport.set(.reach(peer.place), for: try SwarmDialBench.address(1))
            let names = try ["1.silent", "2.silent", "3.silent", "here.test"].map {
                try Multiaddr("/dns4/\($0)/tcp/4001")
            }
            bench.swarm.addAddresses(names, of: peer.swarm.localPeer)
            let connection = try await bench.swarm.connect(
                to: peer.swarm.localPeer, timeout: Self.lessThanSilence)
            #expect(connection.remotePeer == peer.swarm.localPeer)
        }
    }

    @Test func `of one name's records, an address waits for no name beside it`() async throws {
        let key = try PrivateKey.generate()
        let records = try [
            Self.record("boot.test", Multiaddr("/dns4/1.silent/tcp/4001").appending(key.peerID)),
            Self.record("boot.test", SwarmDialBench.address(1).appending(key.peerID)),
        ]
        try await self.withBench(records) { bench in
            let peer = try await bench.peer(identity: key)
            bench.transport.set(.reach(peer.place), for: try SwarmDialBench.address(1))
            let connection = try await bench.swarm.connect(
                to: Multiaddr("/dnsaddr/boot.test").appending(key.peerID), timeout: Self.lessThanSilence)
            #expect(connection.remotePeer == key.peerID)
        }
    }

    // MARK: Names that lead nowhere

    @Test func `names of which nothing comes are told beside the addresses that failed`() async throws {
        try await self.withBench(["--host-record=here.test,192.0.2.1"]) { bench in
            let target = try PrivateKey.generate().peerID
            let names = try ["gone.test", "here.test", "lost.test"].map { try Multiaddr("/dns4/\($0)/tcp/4001") }
            bench.swarm.addAddresses(names, of: target)
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            let causes = Dictionary(uniqueKeysWithValues: error.attempts.map { ($0.address, $0) })
            #expect(error.attempts.count == 3)
            for (address, name) in [(names[0], "gone.test"), (names[2], "lost.test")] {
                #expect(causes[address]?.kind == .nameNotFound)
                #expect(causes[address]?.cause.contains("no such name: \(name)") == true)
                #expect(causes[address].map { $0.duration > .zero } == true)
            }
            #expect(causes[try SwarmDialBench.address(1)]?.kind == .refused)
        }
    }

    @Test func `names that no server answers for end with the time of the caller`() async throws {
        try await self.withBench { bench in
            let target = try PrivateKey.generate().peerID
            let address = try Multiaddr("/dns4/1.silent/tcp/4001")
            bench.swarm.addAddresses([address], of: target)
            let error = try await #require(throws: DialError.self) {
                try await bench.swarm.connect(to: target, timeout: .milliseconds(20))
            }
            #expect(error.attempts.map(\.address) == [address])
            #expect(error.attempts.map(\.kind) == [.timedOut])
        }
    }
}
