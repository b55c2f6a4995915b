import Bytes
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

@testable import Identify

/// Peers that answer identify by hand.
@Suite(.timeLimit(.minutes(1))) struct IdentifyHostilePeerTests {
    /// What the service makes of a peer that answers `bytes`, and the swarm's addresses of it.
    private func information(
        answer: @escaping @Sendable (PrivateKey) throws -> Bytes
    ) async throws -> (info: IdentifyInfo, addresses: [Multiaddr]) {
        var found: (IdentifyInfo, [Multiaddr])?
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener))
            pair.dialer.handle(IdentifyService.protocolID) { stream in
                try await stream.write(answer(pair.dialer.identity))
            }
            let (_, listener) = try await pair.connect()
            found = (try await service.information(of: listener), pair.listener.addresses(of: pair.dialer.localPeer))
        }
        return try #require(found)
    }

    private static let told = try? Multiaddr("/ip4/1.1.1.1/tcp/1")
    private static let recorded = try? Multiaddr("/ip4/2.2.2.2/tcp/2")

    private static func message(_ change: (inout IdentifyMessage) throws -> Void) throws -> Bytes {
        var message = IdentifyMessage()
        message.agentVersion = "hostile/1"
        message.protocols = ["/p"]
        message.listenAddresses = [self.told].compactMap { $0 }
        try change(&message)
        return message.bytes.lengthPrefixed
    }

    private static func record(of peer: PeerID, sequence: UInt64 = 7) throws -> PeerRecord {
        PeerRecord(peerID: peer, sequence: sequence, addresses: [self.recorded].compactMap { $0 })
    }

    @Test func `a good record is taken, and its addresses instead of those of the message`() async throws {
        let (info, addresses) = try await self.information { key in
            try Self.message { $0.signedRecord = try Self.record(of: key.peerID).seal(with: key).bytes }
        }
        #expect(info.signedRecord == (try Self.record(of: try #require(info.signedRecord?.peerID))))
        #expect(info.listenAddresses == [Self.told].compactMap { $0 })
        #expect(addresses == [Self.recorded].compactMap { $0 })
    }

    @Test func `a record of the older kind is taken too`() async throws {
        let (info, _) = try await self.information { key in
            var payload = ProtobufWriter()
            payload.write(1, bytes: key.peerID.bytes)
            payload.write(2, varint: 7)
            let envelope = try SignedEnvelope.seal(payload.finish(), as: PeerRecord.legacyKind, with: key)
            return try Self.message { $0.signedRecord = envelope.bytes }
        }
        #expect(info.signedRecord?.sequence == 7)
    }

    @Test func `a record that another peer signed is ignored, and the rest is not`() async throws {
        let other = try PrivateKey.generate()
        let (info, addresses) = try await self.information { _ in
            try Self.message { $0.signedRecord = try Self.record(of: other.peerID).seal(with: other).bytes }
        }
        #expect(info.signedRecord == nil)
        #expect(info.agentVersion == "hostile/1")
        #expect(addresses == [Self.told].compactMap { $0 })
    }

    @Test func `a record about this peer that another key signed is ignored`() async throws {
        let other = try PrivateKey.generate()
        let (info, _) = try await self.information { key in
            var payload = ProtobufWriter()
            payload.write(1, bytes: key.peerID.bytes)
            payload.write(2, varint: 7)
            let envelope = try SignedEnvelope.seal(payload.finish(), as: PeerRecord.kind, with: other)
            return try Self.message { $0.signedRecord = envelope.bytes }
        }
        #expect(info.signedRecord == nil)
        #expect(info.agentVersion == "hostile/1")
    }

    @Test func `a record whose bytes were changed is ignored wherever they were`() async throws {
        for position in [0, 10, 45, -1] {
            let (info, addresses) = try await self.information { key in
                var bytes = Array(try Self.record(of: key.peerID).seal(with: key).bytes)
                bytes[position >= 0 ? position : bytes.count - 1] ^= 1
                return try Self.message { $0.signedRecord = Bytes(bytes) }
            }
            #expect(info.signedRecord == nil)
            #expect(addresses == [Self.told].compactMap { $0 })
        }
    }

    @Test func `a key that is not the connection's is not the peer's`() async throws {
        let other = try PrivateKey.generate()
        let (wrong, _) = try await self.information { _ in
            try Self.message { $0.publicKey = other.publicKey.protobuf }
        }
        #expect(wrong.publicKey == nil)
        #expect(wrong.agentVersion == "hostile/1")
        let (malformed, _) = try await self.information { _ in try Self.message { $0.publicKey = [1, 2, 3] } }
        #expect(malformed.publicKey == nil)
        let (right, _) = try await self.information { key in
            try Self.message { $0.publicKey = key.publicKey.protobuf }
        }
        #expect(right.publicKey != nil)
    }

    @Test func `an observed address loses the peer behind it`() async throws {
        let (info, _) = try await self.information { key in
            try Self.message { $0.observedAddress = try Multiaddr("/ip4/9.9.9.9/tcp/9").appending(key.peerID) }
        }
        #expect(info.observedAddress == (try Multiaddr("/ip4/9.9.9.9/tcp/9")))
    }

    private static let refusals: [(Bytes, IdentifyError)] = [
        (Bytes(), .endedEarly),
        ([5, 1], .endedEarly),
        (([0, 0] as Bytes).lengthPrefixed, .malformed(.invalidTag)),
        (Bytes(repeatElement(0, count: 8_193)).lengthPrefixed, .messageTooLong(limit: 8_192)),
        (Bytes(repeatElement(0, count: 11)), .tooManyMessages(limit: 10)),
    ]

    @Test(arguments: refusals) func `an answer that cannot be read fails the exchange`(
        answer: Bytes, error: IdentifyError
    ) async throws {
        await #expect(throws: error) { try await self.information { _ in answer } }
    }

    @Test func `a peer that never answers is given up in time`() async throws {
        try await withSwarmPair { pair in
            var configuration = IdentifyConfiguration()
            configuration.timeout = .milliseconds(100)
            let service = pair.keep(IdentifyService(swarm: pair.dialer, configuration: configuration))
            pair.listener.handle(IdentifyService.protocolID) { stream in
                try await stream.write([5, 1] as Bytes)
                _ = try await stream.readToEnd(limit: 1)
            }
            let (dialer, _) = try await pair.connect()
            await #expect(throws: IdentifyError.timedOut(after: .milliseconds(100))) {
                try await service.information(of: dialer)
            }
        }
    }
}
