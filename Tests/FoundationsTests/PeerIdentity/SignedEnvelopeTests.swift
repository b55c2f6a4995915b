import Bytes
import PeerIdentity
import TestSupport
import Testing

struct SignedEnvelopeTests {
    static let kind = SignedEnvelope.Kind(domain: "libp2p-testing", payloadType: Bytes(utf8: "/libp2p/testdata"))

    struct Vector: Decodable {
        let domain: String
        let payloadType: String
        let payload: String
        let envelope: String
        let tampered: String

        enum CodingKeys: String, CodingKey {
            case domain
            case payloadType = "payload_type_utf8"
            case payload = "payload_utf8"
            case envelope
            case tampered = "tampered_envelope_must_fail"
        }

        static func load() throws -> Vector { try Vectors.load("signed_envelope") }

        var kind: SignedEnvelope.Kind { .init(domain: self.domain, payloadType: Bytes(utf8: self.payloadType)) }
    }

    @Test func `the published envelope opens and is written as it was`() throws {
        let vector = try Vector.load()
        let bytes = try #require(Bytes(hex: vector.envelope))
        let envelope = try SignedEnvelope.open(bytes, as: vector.kind)
        #expect(envelope.payload.utf8Text == vector.payload)
        #expect(envelope.bytes == bytes)
    }

    @Test func `the published envelope that was tampered with is refused`() throws {
        let vector = try Vector.load()
        let bytes = try #require(Bytes(hex: vector.tampered))
        #expect(throws: PeerIdentityError.invalidSignature) { try SignedEnvelope.open(bytes, as: vector.kind) }
    }

    @Test func `another domain or payload type is refused`() throws {
        let vector = try Vector.load()
        let bytes = try #require(Bytes(hex: vector.envelope))
        let otherDomain = SignedEnvelope.Kind(domain: "libp2p-testin", payloadType: vector.kind.payloadType)
        #expect(throws: PeerIdentityError.invalidSignature) { try SignedEnvelope.open(bytes, as: otherDomain) }
        let otherType = SignedEnvelope.Kind(domain: vector.domain, payloadType: [0x03, 0x01])
        #expect(throws: PeerIdentityError.unexpectedPayloadType(vector.kind.payloadType)) {
            try SignedEnvelope.open(bytes, as: otherType)
        }
        #expect(try SignedEnvelope.open(bytes, as: otherType, vector.kind).kind == vector.kind)
    }

    @Test(arguments: KeyType.allCases)
    func `what is sealed opens and names its signer`(_ type: KeyType) throws {
        let key = try PrivateKey.generate(type)
        let sealed = try SignedEnvelope.seal(Bytes(utf8: "payload"), as: Self.kind, with: key)
        let opened = try SignedEnvelope.open(sealed.bytes, as: Self.kind)
        #expect(opened == sealed)
        #expect(opened.signer == key.peerID)
        #expect(opened.payload.utf8Text == "payload")
    }

    @Test func `an empty payload and an empty type are sealed too`() throws {
        let kind = SignedEnvelope.Kind(domain: "d", payloadType: Bytes())
        let sealed = try SignedEnvelope.seal(Bytes(), as: kind, with: PrivateKey.generate())
        #expect(try SignedEnvelope.open(sealed.bytes, as: kind) == sealed)
    }

    @Test func `bytes cannot be moved between domain, type and payload`() throws {
        let key = try PrivateKey.generate()
        let first = SignedEnvelope.Kind(domain: "ab", payloadType: Bytes(utf8: "c"))
        let second = SignedEnvelope.Kind(domain: "a", payloadType: Bytes(utf8: "bc"))
        let sealed = try SignedEnvelope.seal(Bytes(utf8: "d"), as: first, with: key)
        let type = try #require(sealed.bytes.indices.first { sealed.bytes[$0...].starts(with: [0x12, 0x01, 0x63]) })
        let moved = sealed.bytes.replacing(type..<type + 3, with: [0x12, 0x02, 0x62, 0x63])
        #expect(throws: PeerIdentityError.invalidSignature) { try SignedEnvelope.open(moved, as: second) }
    }

    @Test func `any changed bit is noticed`() throws {
        var generator = SeededGenerator(seed: 14)
        let sealed = try SignedEnvelope.seal(generator.bytes(20), as: Self.kind, with: PrivateKey.generate()).bytes
        for bit in 0..<sealed.count * 8 {
            var changed = Array(sealed)
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: PeerIdentityError.self, "bit \(bit)") {
                try SignedEnvelope.open(Bytes(changed), as: Self.kind)
            }
        }
    }

    @Test func `an envelope above the limit is refused`() throws {
        let payload = Bytes(repeatElement(0, count: SignedEnvelope.maximumLength))
        let sealed = try SignedEnvelope.seal(payload, as: Self.kind, with: PrivateKey.generate())
        #expect(throws: PeerIdentityError.tooLong(limit: SignedEnvelope.maximumLength)) {
            try SignedEnvelope.open(sealed.bytes, as: Self.kind)
        }
    }

    @Test func `an envelope without a key or with a useless one is refused`() throws {
        let content: [UInt8] = [0x12, 0x01, 0x03, 0x1a, 0x01, 0x00, 0x2a, 0x01, 0x00]
        let kind = SignedEnvelope.Kind(domain: "d", payloadType: [0x03])
        #expect(throws: PeerIdentityError.malformed(.missing(field: 1))) {
            try SignedEnvelope.open(Bytes(content), as: kind)
        }
        #expect(throws: PeerIdentityError.unknownKeyType(9)) {
            try SignedEnvelope.open(Bytes([0x0a, 0x04, 0x08, 0x09, 0x12, 0x00] + content), as: kind)
        }
        #expect(throws: PeerIdentityError.malformed(.wrongType(field: 5))) {
            try SignedEnvelope.open([0x28, 0x01], as: kind)
        }
        #expect(throws: PeerIdentityError.unexpectedPayloadType(Bytes())) {
            try SignedEnvelope.open(Bytes(), as: kind)
        }
    }

    @Test func `mutated and random envelopes never trap`() throws {
        var generator = SeededGenerator(seed: 15)
        for type in [KeyType.ed25519, .ecdsa] {
            let sealed = try SignedEnvelope.seal(generator.bytes(20), as: Self.kind, with: PrivateKey.generate(type))
            for _ in 0..<1000 {
                _ = try? SignedEnvelope.open(sealed.bytes.mutated(using: &generator), as: Self.kind)
                _ = try? SignedEnvelope.open(generator.bytes(count: 0...60), as: Self.kind)
            }
        }
    }
}
