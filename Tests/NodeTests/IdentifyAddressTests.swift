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

    @Test(arguments: [
        (Self.loopback, [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]),
        (Self.local, [Self.local, Self.global, Self.name]),
        ("/ip6/::ffff:192.168.1.1/tcp/1", [Self.local, Self.global, Self.name]),
        (Self.global, [Self.global, Self.name]),
        ("/memory/1", [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]),
    ]) func `of a peer's addresses those are of use that reach as far as the peer is`(
        peer: String, useful: [String]
    ) throws {
        let all = [Self.loopback, "/ip6/::1/tcp/1", Self.local, Self.global, Self.name]
        let peer = try Multiaddr(peer)
        #expect(try all.filter { try peer.canUse(Multiaddr($0)) } == useful)
    }

    /// What is said to a peer at `remote`.
    private func message(to remote: String, addresses: [String]) async throws -> IdentifyMessage {
        let identity = try PrivateKey.generate()
        let loop = EventLoop(index: 0)
        let connection = Connection(
            Connection.Description(
                direction: .inbound, localPeer: identity.peerID, remotePeer: identity.peerID,
                remotePublicKey: identity.publicKey, localAddress: try Multiaddr("/ip4/10.0.0.1/tcp/4001"),
                remoteAddress: try Multiaddr(remote), security: "/noise", muxer: "/yamux/1.0.0"),
            loop: loop)
        let snapshot = IdentifySnapshot(
            IdentifySnapshot.Content(protocols: ["/p"], addresses: try addresses.map { try Multiaddr($0) }),
            identity: identity, configuration: IdentifyConfiguration(), sequence: RecordSequence())
        var reader = IdentifyMessageReader()
        try snapshot.bytes(for: connection).withUnsafeBytes { try reader.receive($0) }
        await loop.stop()
        return reader.message
    }

    @Test(arguments: [
        ("/ip4/127.0.0.1/tcp/9", 3), ("/ip4/10.0.0.2/tcp/9", 2), ("/ip4/8.8.8.8/tcp/9", 2), ("/memory/9", 3),
    ])
    func `loopback addresses are told to peers of the same machine alone`(remote: String, count: Int) async throws {
        let all = [Self.loopback, Self.local, Self.global]
        let message = try await self.message(to: remote, addresses: all)
        let expected = try all.suffix(count).map { try Multiaddr($0) }
        #expect(message.listenAddresses == expected)
        #expect(try PeerRecord.open(#require(message.signedRecord)).addresses == expected)
        #expect(message.observedAddress == (try Multiaddr(remote)))
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
