import Bytes
import Cryptography
import TestSupport
import Testing

/// The key of RFC 6979, section A.2.5.
struct P256Tests {
    static let scalar = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    static let x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    static let y = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    static let publicKeyPrefix = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
    static let curve = "a00a06082a8648ce3d030107"

    static func publicKey() throws -> P256.PublicKey {
        try P256.PublicKey(#require(Bytes(hex: publicKeyPrefix + "04" + x + y)))
    }

    @Test func `the published signature verifies`() throws {
        // r begins with 0xef and s with 0xf7, so both get a zero in front.
        let signature = try #require(
            Bytes(
                hex: "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                    + "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"))
        let key = try Self.publicKey()
        #expect(key.verify(signature: signature, of: Bytes(utf8: "sample")))
        #expect(!key.verify(signature: signature, of: Bytes(utf8: "simple")))
    }

    @Test func `the private key has its public half and its encoding`() throws {
        let key = try P256.PrivateKey(scalar: #require(Bytes(hex: Self.scalar)))
        #expect(try key.publicKey == Self.publicKey())
        #expect(key.bytes.hex == "30770201010420" + Self.scalar + Self.curve + "a144034200" + "04" + Self.x + Self.y)
        #expect(try P256.PrivateKey(key.bytes).publicKey == key.publicKey)
    }

    @Test func `curve and point may be missing from a private key`() throws {
        let point = "a144034200" + "04" + Self.x + Self.y
        for (length, parts) in [("25", ""), ("31", Self.curve), ("6b", point)] {
            let bytes = try #require(Bytes(hex: "30" + length + "0201010420" + Self.scalar + parts))
            #expect(try P256.PrivateKey(bytes).publicKey == Self.publicKey(), "without all but \(parts)")
        }
    }

    @Test func `a private key with another key's public half is refused`() throws {
        let other = try P256.PrivateKey(scalar: Bytes(repeatElement(1, count: 32))).publicKey.bytes.suffix(65)
        let mixed = try #require(Bytes(hex: "30770201010420" + Self.scalar + Self.curve + "a144034200" + other.hex))
        #expect(throws: CryptographyError.mismatchedPublicKey(.p256)) { try P256.PrivateKey(mixed) }
    }

    @Test(arguments: [
        "",
        "30770201020420" + scalar + curve + "a144034200" + "04" + x + y,  // version 2
        "303102010104" + "20" + scalar + "a00a06082a8648ce3d030108",  // another curve
        "3024020101041f" + String(repeating: "01", count: 31),  // a short scalar
        "3025" + "0201010420" + String(repeating: "00", count: 32),  // zero
        "3025" + "0201010420" + "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",  // the order
        "3025" + "0201010420" + scalar + "00",  // something behind it
        "3027" + "0201010420" + scalar + "0500",  // something in it
        "302d" + "0201010420" + scalar + "a106030401020304",  // a point that is none
        "308025" + "0201010420" + scalar,  // an indefinite length
        "30810025" + "0201010420" + scalar,  // a long length
    ])
    func `malformed private keys are refused`(_ hex: String) throws {
        let bytes = try #require(Bytes(hex: hex))
        #expect(throws: CryptographyError.malformedKey(.p256)) { try P256.PrivateKey(bytes) }
    }

    @Test(arguments: [
        "",
        publicKeyPrefix + "04" + x,  // half a point
        publicKeyPrefix + "04" + x + y + "00",  // something behind it
        publicKeyPrefix + "04" + y + x,  // not on the curve
        publicKeyPrefix + "06" + x + y,  // the hybrid form
        publicKeyPrefix + "04" + String(repeating: "0", count: 128),  // zeros
        publicKeyPrefix + "00" + String(repeating: "0", count: 128),  // the point at infinity
        "3039301306072a8648ce3d020106082a8648ce3d030107032200" + "03" + x,  // compressed: go-libp2p refuses it
        "3056301006072a8648ce3d020106052b8104000a034200" + "04" + x + y,  // secp256k1
    ])
    func `malformed public keys are refused`(_ hex: String) throws {
        let bytes = try #require(Bytes(hex: hex))
        #expect(throws: CryptographyError.malformedKey(.p256)) { try P256.PublicKey(bytes) }
    }

    @Test func `any changed bit of signature or message is noticed`() throws {
        var generator = SeededGenerator(seed: 6)
        let key = try P256.PrivateKey(using: &generator)
        let message = generator.bytes(40)
        let signature = try key.sign(message)
        #expect(key.publicKey.verify(signature: signature, of: message))
        #expect(signature.count <= P256.maximumSignatureSize)
        for _ in 0..<64 {
            #expect(!key.publicKey.verify(signature: signature.flippingBit(using: &generator), of: message))
            #expect(!key.publicKey.verify(signature: signature, of: message.flippingBit(using: &generator)))
        }
        #expect(!key.publicKey.verify(signature: Bytes(), of: message))
        #expect(!key.publicKey.verify(signature: Bytes(repeatElement(0x30, count: 4096)), of: message))
    }

    @Test func `a generator without entropy is given up`() {
        var generator = ConstantGenerator(word: 0)
        #expect(throws: CryptographyError.libraryFailure(.p256)) { try P256.PrivateKey(using: &generator) }
    }

    @Test func `mutated keys and signatures never trap`() throws {
        var generator = SeededGenerator(seed: 7)
        let key = try P256.PrivateKey(using: &generator)
        let message = Bytes(utf8: "message")
        let signature = try key.sign(message)
        for _ in 0..<500 {
            _ = key.publicKey.verify(signature: signature.mutated(using: &generator), of: message)
            _ = try? P256.PublicKey(key.publicKey.bytes.mutated(using: &generator))
            _ = try? P256.PrivateKey(key.bytes.mutated(using: &generator))
        }
    }
}
