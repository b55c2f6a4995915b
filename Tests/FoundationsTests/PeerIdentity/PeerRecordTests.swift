import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

struct PeerRecordTests {
    struct Vector: Decodable {
        let by: String
        let type: String
        let peerID: String
        let address: String
        let envelope: String

        enum CodingKeys: String, CodingKey {
            case by, type, address, envelope
            case peerID = "peer_id"
        }

        struct File: Decodable {
            let entries: [Vector]
        }
    }

    @Test func `go's and rust's records of every key type open`() throws {
        let vectors = try Vectors.load("signed_peer_records", as: Vector.File.self).entries
        #expect(vectors.count == 8)
        for vector in vectors {
            let envelope = try #require(Bytes(hex: vector.envelope))
            let record = try PeerRecord.open(envelope)
            #expect(record.peerID.description == vector.peerID)
            #expect(record.addresses.map(\.description) == [vector.address])
            #expect(record.sequence > 1_700_000_000)
            let kind = vector.by == "go-libp2p" ? PeerRecord.kind : PeerRecord.legacyKind
            let opened = try SignedEnvelope.open(envelope, as: kind)
            #expect(opened.publicKey.type.description == vector.type)
            #expect(opened.bytes == envelope)
        }
    }

    @Test func `a record written here is what go writes`() throws {
        // Ed25519 signatures are the same each time, so the whole envelope must be.
        let vectors = try Vectors.load("signed_peer_records", as: Vector.File.self).entries
        let vector = try #require(vectors.first { $0.by == "go-libp2p" && $0.type == "ed25519" })
        let envelope = try #require(Bytes(hex: vector.envelope))
        let stored = try #require(KeyVector.load("key_files").first { $0.type == "ed25519" })
        let key = try PrivateKey(protobuf: stored.privateBytes)
        let record = try PeerRecord.open(envelope)
        #expect(try record.seal(with: key).bytes == envelope)
    }

    @Test(arguments: KeyType.allCases)
    func `what is sealed opens`(_ type: KeyType) throws {
        let key = try PrivateKey.generate(type)
        let addresses = try ["/ip4/192.0.2.1/tcp/4001", "/dns4/example.com/tcp/443/wss"].map { try Multiaddr($0) }
        let record = PeerRecord(peerID: key.peerID, sequence: .max, addresses: addresses)
        let sealed = try record.seal(with: key)
        #expect(sealed.kind == PeerRecord.kind)
        #expect(try PeerRecord.open(sealed.bytes) == record)
        #expect(try PeerRecord(sealed) == record)
    }

    @Test func `a record about another peer than its signer is refused`() throws {
        let (signer, other) = (try PrivateKey.generate(), try PrivateKey.generate())
        let mismatch = PeerIdentityError.mismatchedPeer(record: other.peerID, signer: signer.peerID)
        let record = PeerRecord(peerID: other.peerID, sequence: 1, addresses: [])
        #expect(throws: mismatch) { try record.seal(with: signer) }
        let payload = try record.seal(with: other).payload
        let forged = try SignedEnvelope.seal(payload, as: PeerRecord.kind, with: signer)
        #expect(throws: mismatch) { try PeerRecord.open(forged.bytes) }
        #expect(throws: mismatch) { try PeerRecord(forged) }
    }

    @Test func `an envelope of another kind is no record`() throws {
        let key = try PrivateKey.generate()
        let payload = try PeerRecord(peerID: key.peerID, sequence: 1, addresses: []).seal(with: key).payload
        let kinds = [
            SignedEnvelope.Kind(domain: PeerRecord.kind.domain, payloadType: [0x03, 0x02]),
            SignedEnvelope.Kind(domain: "libp2p-relay-rsvp", payloadType: [0x03, 0x02]),
        ]
        for kind in kinds {
            let sealed = try SignedEnvelope.seal(payload, as: kind, with: key)
            #expect(throws: PeerIdentityError.unexpectedPayloadType(kind.payloadType)) { try PeerRecord(sealed) }
            #expect(throws: PeerIdentityError.unexpectedPayloadType(kind.payloadType)) {
                try PeerRecord.open(sealed.bytes)
            }
        }
        // The right type in the other kind's domain.
        let crossed = SignedEnvelope.Kind(
            domain: PeerRecord.legacyKind.domain, payloadType: PeerRecord.kind.payloadType)
        let sealed = try SignedEnvelope.seal(payload, as: crossed, with: key)
        #expect(throws: PeerIdentityError.invalidSignature) { try PeerRecord.open(sealed.bytes) }
    }

    @Test func `unknown addresses are passed over and the others kept`() throws {
        let key = try PrivateKey.generate()
        let good = try Multiaddr("/ip4/192.0.2.1/tcp/4001")
        var payload = ProtobufWriter()
        payload.write(1, bytes: key.peerID.bytes)
        payload.write(2, varint: 7)
        for address in [Bytes(), good.bytes, [0xff, 0xff, 0x03], [0x04, 0x01], good.bytes] {
            payload.write(3) { info in info.write(1, bytes: address) }
        }
        payload.write(3) { info in info.write(2, bytes: good.bytes) }
        payload.write(9, varint: 1)
        let sealed = try SignedEnvelope.seal(payload.finish(), as: PeerRecord.kind, with: key)
        let record = try PeerRecord(sealed)
        #expect(record == PeerRecord(peerID: key.peerID, sequence: 7, addresses: [good, good]))
    }

    @Test func `no more addresses are kept than the limit says`() throws {
        let key = try PrivateKey.generate()
        let address = try Multiaddr("/tcp/1")
        let count = PeerRecord.maximumAddressCount
        let addresses = Array(repeating: address, count: count + 100)
        let record = PeerRecord(peerID: key.peerID, sequence: 1, addresses: addresses)
        #expect(try PeerRecord.open(record.seal(with: key).bytes).addresses.count == count)
    }

    @Test func `a record without a peer or with malformed fields is refused`() throws {
        let key = try PrivateKey.generate()
        let payloads: [Bytes] = [
            Bytes(), [0x10, 0x01], [0x0a, 0x01, 0x00], [0x08, 0x01], [0x1a, 0x05, 0x0a], [0x0a, 0xff, 0xff, 0xff],
        ]
        for payload in payloads {
            let sealed = try SignedEnvelope.seal(payload, as: PeerRecord.kind, with: key)
            #expect(throws: PeerIdentityError.self) { try PeerRecord(sealed) }
        }
    }

    @Test func `mutated payloads never trap`() throws {
        var generator = SeededGenerator(seed: 16)
        let key = try PrivateKey.generate()
        let addresses = try [Multiaddr("/ip4/192.0.2.1/tcp/4001"), Multiaddr("/ip6/::1/udp/1/quic-v1")]
        let record = try PeerRecord(peerID: key.peerID, sequence: 1, addresses: addresses).seal(with: key)
        for _ in 0..<1000 {
            let payload = record.payload.mutated(using: &generator)
            _ = try? PeerRecord(SignedEnvelope.seal(payload, as: PeerRecord.kind, with: key))
        }
    }
}
