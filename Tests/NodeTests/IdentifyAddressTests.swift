import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Testing
import Transport

@testable import Identify

@Suite struct IdentifyAddressTests {
    private static let loopback = "/ip4/127.0.0.1/tcp/1"
    private static let local = "/ip4/192.168.1.1/tcp/1"
    private static let global = "/ip4/1.2.3.4/tcp/1"
    private static let name = "/dns4/example.org/tcp/1"
    private static let onion = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234"

    @Test(arguments: [
        (Self.loopback, [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]),
        (Self.local, [Self.local, Self.global, Self.name]),
        ("/ip6/::ffff:192.168.1.1/tcp/1", [Self.local, Self.global, Self.name]),
        (Self.global, [Self.global, Self.name]),
        ("/memory/1", [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]),
        (Self.onion, [Self.global, Self.name]),
        ("/p2p-circuit", [Self.global, Self.name]),
    ]) func `of a peer's addresses those are of use that reach as far as the peer is`(
        peer: String, useful: [String]
    ) async throws {
        #expect(try await self.useful(at: peer, by: peer == "/memory/1" ? .memory : .direct) == useful)
    }

    @Test(arguments: [Self.onion, Self.loopback, Self.local, Self.global, Self.name])
    func `of the addresses of a peer behind a proxy public ones are of use, wherever the proxy and the peer are`(
        peer: String
    ) async throws {
        #expect(try await self.useful(at: peer, by: .proxied) == [Self.global, Self.name])
    }

    private func useful(at peer: String, by route: ConnectionRoute) async throws -> [String] {
        let all = [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]
        return try await self.withConnection(to: peer, by: route, from: "/ip4/127.0.0.1/tcp/4001") { connection, _ in
            try all.filter { connection.canUse(try Multiaddr($0)) }
        }
    }

    /// Lends a connection to a peer at `remote` that is none, and the key of both ends.
    private func withConnection<Value>(
        to remote: String, by route: ConnectionRoute, from local: String,
        _ body: (Connection, PrivateKey) throws -> Value
    ) async throws -> Value {
        let identity = try PrivateKey.generate()
        let loop = EventLoop(index: 0)
        let connection = Connection(
            Connection.Description(
                direction: .inbound, localPeer: identity.peerID, remotePeer: identity.peerID,
                remotePublicKey: identity.publicKey, localAddress: try Multiaddr(local),
                remoteAddress: try Multiaddr(remote), route: route, security: "/noise", muxer: "/yamux/1.0.0"),
            loop: loop)
        let result = Result { try body(connection, identity) }
        await loop.stop()
        return try result.get()
    }

    /// What is said to a peer at `remote`.
    private func message(
        to remote: String, by route: ConnectionRoute = .direct, from local: String = "/ip4/10.0.0.1/tcp/4001",
        addresses: [String]
    ) async throws -> IdentifyMessage {
        try await self.withConnection(to: remote, by: route, from: local) { connection, identity in
            try Self.message(to: connection, identity, addresses: addresses)
        }
    }

    private static func message(
        to connection: Connection, _ identity: PrivateKey, addresses: [String]
    ) throws -> IdentifyMessage {
        let snapshot = IdentifySnapshot(
            IdentifySnapshot.Content(protocols: ["/p"], addresses: try addresses.map { try Multiaddr($0) }),
            identity: identity, configuration: IdentifyConfiguration(), sequence: RecordSequence())
        var reader = IdentifyMessageReader()
        try snapshot.bytes(for: connection).withUnsafeBytes { try reader.receive($0) }
        return reader.message
    }

    @Test(arguments: [
        ("/ip4/127.0.0.1/tcp/9", 3), ("/ip4/10.0.0.2/tcp/9", 2), ("/ip4/8.8.8.8/tcp/9", 2), ("/memory/9", 3),
    ])
    func `loopback addresses are told to peers of the same machine alone`(remote: String, count: Int) async throws {
        let all = [Self.loopback, Self.local, Self.global]
        let message = try await self.message(
            to: remote, by: remote == "/memory/9" ? .memory : .direct, addresses: all)
        let expected = try all.suffix(count).map { try Multiaddr($0) }
        #expect(message.listenAddresses == expected)
        #expect(try PeerRecord.open(#require(message.signedRecord)).addresses == expected)
        #expect(message.observedAddress == (try Multiaddr(remote)))
    }

    @Test(arguments: [Self.onion, Self.name, Self.local, Self.global])
    func `a peer behind a proxy of this machine is told public addresses alone`(remote: String) async throws {
        let message = try await self.message(
            to: remote, by: .proxied, from: "/ip4/127.0.0.1/tcp/50000",
            addresses: [Self.loopback, Self.local, Self.global])
        #expect(message.listenAddresses == [try Multiaddr(Self.global)])
        #expect(try PeerRecord.open(#require(message.signedRecord)).addresses == [try Multiaddr(Self.global)])
    }

    @Test func `a peer behind a proxy is told nothing where there is no public address`() async throws {
        let message = try await self.message(
            to: Self.onion, by: .proxied, from: "/ip4/127.0.0.1/tcp/50000", addresses: [Self.loopback, Self.local])
        #expect(message.listenAddresses == [])
        #expect(message.signedRecord == nil)
    }

    @Test func `the observed address is told without the peer behind it`() async throws {
        let peer = try PrivateKey.generate().peerID
        let message = try await self.message(to: "/ip4/8.8.8.8/tcp/9/p2p/\(peer)", addresses: [])
        #expect(message.observedAddress == (try Multiaddr("/ip4/8.8.8.8/tcp/9")))
        #expect(message.signedRecord == nil)
    }

    @Test func `a record's number grows even where the clock does not`() {
        let sequence = RecordSequence()
        let numbers = (0..<1_000).map { _ in sequence.next() }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        // Nanoseconds since 1970: later than 2020 and earlier than 2200.
        #expect(numbers[0] > 1_577_836_800_000_000_000 && numbers[0] < 7_258_118_400_000_000_000)
    }

    @Test func `a hundred peers are remembered after they disconnected, the last ones`() throws {
        var peers = IdentifiedPeers()
        let all = try (0..<150).map { _ in try PrivateKey.generate().peerID }
        for peer in all { peers.set(IdentifyInfo(agentVersion: "\(peer)"), of: peer) }
        #expect(all.allSatisfy { peers.info(of: $0) != nil })
        for peer in all { peers.disconnected(peer) }
        #expect(all.filter { peers.info(of: $0) != nil } == Array(all.suffix(100)))
        // One that comes back is forgotten after the others.
        peers.connected(all[50])
        peers.disconnected(all[50])
        peers.set(IdentifyInfo(), of: all[0])
        peers.disconnected(all[0])
        #expect(peers.info(of: all[50]) != nil)
        #expect(peers.info(of: all[51]) == nil)
    }
}
