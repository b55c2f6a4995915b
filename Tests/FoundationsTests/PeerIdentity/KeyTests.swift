import Bytes
import Cryptography
import PeerIdentity
import TestSupport
import Testing

struct KeyTests {
    @Test(arguments: ["spec_keys", "key_files"])
    func `a stored key loads with its type and peer ID and is written as it was`(_ file: String) throws {
        for vector in try KeyVector.load(file) {
            let bytes = try vector.privateBytes
            let key = try PrivateKey(protobuf: bytes)
            #expect(key.type.description == vector.type)
            #expect(key.peerID.description == vector.peerID)
            #expect(key.protobuf == bytes)
            #expect(key.publicKey.protobuf.hex == vector.public ?? key.publicKey.protobuf.hex)
            #expect(try PublicKey(protobuf: key.publicKey.protobuf) == key.publicKey)
            let message = Bytes(utf8: "message")
            #expect(key.publicKey.verify(signature: try key.sign(message), of: message))
            #expect(!key.publicKey.verify(signature: try key.sign(message), of: Bytes(utf8: "massage")))
        }
    }

    @Test func `a secp256k1 key of 32 ones has its known peer ID`() throws {
        let key = try PrivateKey(protobuf: Bytes([0x08, 0x02, 0x12, 0x20] + Array(repeating: 1, count: 32)))
        #expect(key.peerID.description == "16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi")
    }

    @Test func `the seed of zeros has the peer ID of go's perf server`() throws {
        let key = try PrivateKey(ed25519Seed: Bytes(repeatElement(0, count: 32)))
        #expect(try key.peerID.description == PeerIDVectors.load().goPerfServer.peerID)
        #expect(throws: PeerIdentityError.invalidKey(.malformedKey(.ed25519))) {
            try PrivateKey(ed25519Seed: Bytes(repeatElement(0, count: 31)))
        }
    }

    @Test(arguments: KeyType.allCases)
    func `a generated key survives its encodings`(_ type: KeyType) throws {
        let key = try PrivateKey.generate(type)
        #expect(key.type == type)
        let copy = try PrivateKey(protobuf: key.protobuf)
        #expect(copy.publicKey == key.publicKey)
        #expect(try PublicKey(protobuf: key.publicKey.protobuf) == key.publicKey)
        #expect(KeyType(type.description) == type)
        let message = Bytes(utf8: "message")
        #expect(key.publicKey.verify(signature: try copy.sign(message), of: message))
        #expect(try PrivateKey.generate(type).publicKey != key.publicKey)
    }

    @Test(arguments: [KeyType.ed25519, .secp256k1, .ecdsa])
    func `a seeded generator makes the same key again`(_ type: KeyType) throws {
        var (first, second) = (SeededGenerator(seed: 10), SeededGenerator(seed: 10))
        #expect(
            try PrivateKey.generate(type, using: &first).peerID == PrivateKey.generate(type, using: &second).peerID)
    }

    @Test func `the old form of an Ed25519 key is read and written anew`() throws {
        let key = try PrivateKey.generate()
        let seedAndPublic = Array(key.protobuf.dropFirst(4))
        let publicKey = Array(key.publicKey.data)
        let old = Bytes([0x08, 0x01, 0x12, 96] + seedAndPublic + publicKey)
        #expect(try PrivateKey(protobuf: old).protobuf == key.protobuf)

        let mismatch = PeerIdentityError.invalidKey(.mismatchedPublicKey(.ed25519))
        var other = publicKey
        other[5] ^= 1
        let redundant = Bytes([0x08, 0x01, 0x12, 96] + seedAndPublic + other)
        #expect(throws: mismatch) { try PrivateKey(protobuf: redundant) }
        // Both copies agree with each other and not with the seed.
        let foreign = Bytes([0x08, 0x01, 0x12, 96] + seedAndPublic[0..<32] + other + other)
        #expect(throws: mismatch) { try PrivateKey(protobuf: foreign) }
        let short = Bytes([0x08, 0x01, 0x12, 64] + seedAndPublic[0..<32] + other)
        #expect(throws: mismatch) { try PrivateKey(protobuf: short) }
    }

    @Test func `a public key's encoding does not depend on the form it was read in`() throws {
        let key = try PrivateKey.generate(.ed25519).publicKey
        let data = Array(key.data)
        let forms: [[UInt8]] = [
            [0x12, 0x20] + data + [0x08, 0x01],  // the fields in the other order
            [0x08, 0x81, 0x00, 0x12, 0xa0, 0x00] + data,  // long varints
            [0x08, 0x01, 0x12, 0x20] + data + [0x18, 0x05],  // a field more
        ]
        for form in forms {
            #expect(try PublicKey(protobuf: Bytes(form)).protobuf == key.protobuf)
        }
    }

    @Test func `an uncompressed secp256k1 key has the peer ID of the compressed one`() throws {
        let x = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
        let y = "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a"
        let long = try PublicKey(protobuf: #require(Bytes(hex: "0802" + "1241" + "04" + x + y)))
        let short = try PublicKey(protobuf: #require(Bytes(hex: "0802" + "1221" + "02" + x)))
        #expect(long == short)
        #expect(long.peerID == short.peerID)
    }

    @Test func `unknown types, missing fields and wrong sizes are refused`() throws {
        let data = [UInt8](repeating: 1, count: 32)
        let cases: [([UInt8], PeerIdentityError)] = [
            ([], .malformed(.missing(field: 1))),
            ([0x08, 0x01], .malformed(.missing(field: 2))),
            ([0x12, 0x20] + data, .malformed(.missing(field: 1))),
            ([0x08, 0x04, 0x12, 0x20] + data, .unknownKeyType(4)),
            ([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x12, 0x00], .unknownKeyType(.max)),
            ([0x0a, 0x01, 0x01, 0x12, 0x20] + data, .malformed(.wrongType(field: 1))),
            ([0x08, 0x01, 0x12, 0x21] + data, .malformed(.malformed(.truncated))),
            ([0x08, 0x01, 0x12, 0x1f] + data.dropLast(), .invalidKey(.malformedKey(.ed25519))),
            ([0x08, 0x02, 0x12, 0x20] + data, .invalidKey(.malformedKey(.secp256k1))),
            ([0x08, 0x03, 0x12, 0x20] + data, .invalidKey(.malformedKey(.p256))),
            ([0x08, 0x00, 0x12, 0x20] + data, .invalidKey(.malformedKey(.rsa))),
        ]
        for (bytes, error) in cases {
            #expect(throws: error) { try PublicKey(protobuf: Bytes(bytes)) }
        }
        let long = Bytes([0x08, 0x00, 0x12, 0xff, 0x7f] + Array(repeating: 0, count: 16383))
        #expect(throws: PeerIdentityError.tooLong(limit: PublicKey.maximumLength)) { try PublicKey(protobuf: long) }
        #expect(throws: PeerIdentityError.tooLong(limit: PrivateKey.maximumLength)) { try PrivateKey(protobuf: long) }
    }

    @Test func `an RSA key is refused for its length alone where it cannot be acceptable`() throws {
        // As many bytes as a SubjectPublicKeyInfo of 16384 bits has, in a message whose content is never looked at.
        let encoding = Bytes([0x08, 0x00, 0x12, 0xa6, 0x10] + Array(repeating: 0x30, count: 2086))
        #expect(throws: PeerIdentityError.tooLong(limit: PublicKey.maximumLength)) { try PublicKey(protobuf: encoding) }
    }

    @Test func `a description shows nothing of a private key`() throws {
        let key = try PrivateKey(ed25519Seed: Bytes(repeatElement(0x5a, count: 32)))
        #expect(key.description == "private key of ed25519 \(key.peerID)")
        #expect(!String(reflecting: key).contains("5a5a"))
    }

    @Test func `mutated keys never trap`() throws {
        var generator = SeededGenerator(seed: 11)
        for vector in try KeyVector.load("key_files") {
            let bytes = try vector.privateBytes
            let publicKey = try PrivateKey(protobuf: bytes).publicKey.protobuf
            for _ in 0..<200 {
                _ = try? PublicKey(protobuf: publicKey.mutated(using: &generator))
                _ = try? PrivateKey(protobuf: bytes.mutated(using: &generator))
                _ = try? PublicKey(protobuf: generator.bytes(count: 0...100))
            }
        }
    }
}
