import Bytes
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

@testable import Identify

/// Peers that lie, or say too much, about addresses: what the peer store makes of it, over real connections.
@Suite(.timeLimit(.minutes(1))) struct IdentifyRecordAttackTests {
    private static func address(_ number: Int) -> Multiaddr {
        Multiaddr(.v4(IPv4Address(rawValue: 0x0102_0300 &+ UInt32(truncatingIfNeeded: number))), tcp: 4001)
    }

    private static func message(
        _ key: PrivateKey, sequence: UInt64, addresses: [Multiaddr], told: [Multiaddr] = []
    ) throws -> IdentifyMessage {
        var message = IdentifyMessage()
        message.protocols = ["/p"]
        message.listenAddresses = told
        message.signedRecord = try PeerRecord(peerID: key.peerID, sequence: sequence, addresses: addresses)
            .seal(with: key).bytes
        return message
    }

    /// Lets the dialer answer identify by `message`, until `body` has seen what comes of it.
    private func answering(
        _ pair: SwarmPair, _ message: IdentifyMessage, _ body: (_ dialer: Connection) async throws -> Void
    ) async throws {
        let service = pair.keep(IdentifyService(swarm: pair.listener))
        let bytes = message.bytes.lengthPrefixed
        pair.dialer.handle(IdentifyService.protocolID) { stream in try await stream.write(bytes) }
        let (dialer, listener) = try await pair.connect()
        _ = try await service.information(of: listener)
        try await body(dialer)
        await service.stop()
    }

    @Test(arguments: PairTransport.allCases) func `pushed records of many addresses take a bounded place`(
        transport: PairTransport
    ) async throws {
        try await withSwarmPair(over: transport) { pair in
            let key = pair.dialer.identity
            try await self.answering(pair, Self.message(key, sequence: 1, addresses: [])) { dialer in
                // As many as one connection may push at once, each of as many addresses as an envelope holds.
                for number in 1...9 {
                    let addresses = (0..<600).map { Self.address(number * 1_000 + $0) }
                    try await pushByHand(
                        Self.message(key, sequence: UInt64(number + 1), addresses: addresses), on: dialer)
                    let kept = pair.listener.addresses(of: key.peerID)
                    #expect(kept == Array(addresses.prefix(64)))
                }
                #expect(pair.listener.peerStore.peers == [key.peerID])
            }
        }
    }

    @Test(arguments: PairTransport.allCases) func `a record that another peer signed changes nothing`(
        transport: PairTransport
    ) async throws {
        try await withSwarmPair(over: transport) { pair in
            let (key, other) = (pair.dialer.identity, try PrivateKey.generate())
            try await self.answering(pair, Self.message(key, sequence: 5, addresses: [Self.address(1)])) { dialer in
                // Of another peer by that peer, and of this peer by another's key.
                try await pushByHand(
                    Self.message(other, sequence: 9, addresses: [Self.address(2)]), on: dialer)
                var payload = ProtobufWriter()
                payload.write(1, bytes: key.peerID.bytes)
                payload.write(2, varint: 9)
                var message = IdentifyMessage()
                message.signedRecord = try SignedEnvelope.seal(payload.finish(), as: PeerRecord.kind, with: other).bytes
                message.listenAddresses = [Self.address(3)]
                try await pushByHand(message, on: dialer)
                #expect(pair.listener.addresses(of: key.peerID) == [Self.address(1)])
                #expect(pair.listener.addresses(of: other.peerID) == [])
                #expect(pair.listener.peerStore.peers == [key.peerID])
            }
        }
    }

    @Test(arguments: PairTransport.allCases) func `an older record is ignored, also over another connection`(
        transport: PairTransport
    ) async throws {
        try await withSwarmPair(over: transport) { pair in
            let key = pair.dialer.identity
            let newer = try Self.message(key, sequence: 10, addresses: [Self.address(10)])
            let older = try Self.message(key, sequence: 9, addresses: [Self.address(9)], told: [Self.address(8)])
            try await self.answering(pair, newer) { dialer in
                try await pushByHand(older, on: dialer)
                #expect(pair.listener.addresses(of: key.peerID) == [Self.address(10)])
            }
            // A service that begins anew has forgotten the record; the store has not.
            await pair.dialer.disconnect(pair.listener.localPeer)
            try await self.answering(pair, older) { _ in
                #expect(pair.listener.addresses(of: key.peerID) == [Self.address(10)])
                let record = try #require(pair.listener.peerStore.signedRecord(of: key.peerID))
                #expect(try PeerRecord.open(record).sequence == 10)
            }
        }
    }

    @Test func `identify tells the store what a peer speaks and is`() async throws {
        try await withSwarmPair { pair in
            var message = try Self.message(pair.dialer.identity, sequence: 1, addresses: [Self.address(1)])
            message.agentVersion = "peer/1"
            try await self.answering(pair, message) { _ in
                let store = pair.listener.peerStore
                let peer = pair.dialer.localPeer
                #expect(store.protocols(of: peer) == ["/p"])
                #expect(store.agentVersion(of: peer) == "peer/1")
                #expect(store.publicKey(of: peer) == pair.dialer.identity.publicKey)
                #expect(store.knownAddresses(of: peer).map(\.source) == [.signed])
            }
        }
    }
}
