import Bytes
import Cryptography
import TestSupport
import Testing

struct Ed25519Tests {
    struct Example: Sendable {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    /// The first three of RFC 8032, section 7.1.
    static let examples = [
        Example(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        Example(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        Example(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ]

    @Test(arguments: examples)
    func `a published example signs and verifies`(_ example: Example) throws {
        let key = try Ed25519.PrivateKey(seed: #require(Bytes(hex: example.seed)))
        let message = try #require(Bytes(hex: example.message))
        #expect(key.publicKey.bytes.hex == example.publicKey)
        #expect(key.bytes.hex == example.seed + example.publicKey)
        #expect(key.sign(message).hex == example.signature)
        let signature = try #require(Bytes(hex: example.signature))
        #expect(key.publicKey.verify(signature: signature, of: message))
    }

    @Test func `any changed bit of signature, message or key is noticed`() throws {
        var generator = SeededGenerator(seed: 1)
        let key = try Ed25519.PrivateKey(using: &generator)
        let message = generator.bytes(40)
        let signature = key.sign(message)
        for _ in 0..<64 {
            #expect(!key.publicKey.verify(signature: signature.flippingBit(using: &generator), of: message))
            #expect(!key.publicKey.verify(signature: signature, of: message.flippingBit(using: &generator)))
            let other = try Ed25519.PublicKey(key.publicKey.bytes.flippingBit(using: &generator))
            #expect(!other.verify(signature: signature, of: message))
        }
        #expect(!key.publicKey.verify(signature: signature.dropLast(1), of: message))
        #expect(!key.publicKey.verify(signature: Bytes(), of: message))
    }

    @Test func `a scalar that is not reduced is refused`() throws {
        let key = try Ed25519.PrivateKey(seed: Bytes(repeatElement(7, count: 32)))
        let message = Bytes(utf8: "message")
        var signature = Array(key.sign(message))
        // The group's order L, little-endian: S + L names the same scalar (RFC 8032, section 5.1.7, demands S < L).
        let order = try #require(Bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 0xff)
            carry = sum >> 8
        }
        try #require(carry == 0)
        #expect(!key.publicKey.verify(signature: Bytes(signature), of: message))
    }

    /// Encodings of points whose order divides 8. With such a key, R = the neutral element and S = 0 fit the equation of
    /// RFC 8032 for every message, or for one in eight.
    @Test(arguments: [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ])
    func `a key of small order verifies nothing`(_ key: String) throws {
        let key = try Ed25519.PublicKey(#require(Bytes(hex: key)))
        let neutral = Bytes([1] + Array(repeating: 0, count: 63))
        for number in 0..<64 {
            #expect(!key.verify(signature: neutral, of: [UInt8(number)]))
        }
    }

    @Test func `keys of other lengths are refused`() {
        for count in 0..<100 {
            let bytes = Bytes(repeatElement(9, count: count))
            if count != 32 {
                #expect(throws: CryptographyError.malformedKey(.ed25519)) { try Ed25519.PublicKey(bytes) }
                #expect(throws: CryptographyError.malformedKey(.ed25519)) { try Ed25519.PrivateKey(seed: bytes) }
            }
            if count != 64 {
                #expect(throws: CryptographyError.malformedKey(.ed25519)) { try Ed25519.PrivateKey(bytes) }
            }
        }
    }

    @Test func `a private key with another key's public half is refused`() throws {
        var generator = SeededGenerator(seed: 2)
        let key = try Ed25519.PrivateKey(using: &generator)
        let other = try Ed25519.PrivateKey(using: &generator)
        #expect(try Ed25519.PrivateKey(key.bytes).publicKey == key.publicKey)
        let mixed = Bytes(Array(key.bytes.prefix(32)) + Array(other.publicKey.bytes))
        #expect(throws: CryptographyError.mismatchedPublicKey(.ed25519)) { try Ed25519.PrivateKey(mixed) }
    }
}
