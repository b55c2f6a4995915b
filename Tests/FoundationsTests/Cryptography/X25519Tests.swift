import Bytes
import Cryptography
import TestSupport
import Testing

@Suite struct X25519Tests {
    /// RFC 7748, section 5.2.
    static let products: [(scalar: String, point: String, product: String)] = [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
        ),
    ]

    @Test(arguments: products)
    func `a published product is computed`(_ example: (scalar: String, point: String, product: String)) throws {
        let key = try privateKey(example.scalar)
        #expect(key.sharedSecret(with: try publicKey(example.point))?.hex == example.product)
    }

    /// RFC 7748, section 6.1.
    @Test func `the published Diffie-Hellman gives both sides the same secret`() throws {
        let alice = try privateKey("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let bob = try privateKey("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        #expect(alice.publicKey.bytes.hex == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(bob.publicKey.bytes.hex == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        #expect(alice.sharedSecret(with: bob.publicKey)?.hex == secret)
        #expect(bob.sharedSecret(with: alice.publicKey)?.hex == secret)
    }

    /// The points of small order and their other encodings (https://cr.yp.to/ecdh.html, "Validate").
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func `a point of small order gives no secret`(point: String) throws {
        var generator = SeededGenerator(seed: 1)
        let key = X25519.PrivateKey(using: &generator)
        #expect(key.sharedSecret(with: try publicKey(point)) == nil)
    }

    @Test func `a seeded generator gives the same key again and another one next`() {
        var (first, second) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
        let key = X25519.PrivateKey(using: &first).publicKey
        #expect(key == X25519.PrivateKey(using: &second).publicKey)
        #expect(key != X25519.PrivateKey(using: &first).publicKey)
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func `keys of other lengths are refused`(count: Int) {
        #expect(X25519.PublicKey(Bytes(repeatElement(9, count: count))) == nil)
        #expect(X25519.PrivateKey(Bytes(repeatElement(9, count: count))) == nil)
    }
}

private func privateKey(_ hex: String) throws -> X25519.PrivateKey {
    let bytes = try #require(Bytes(hex: hex))
    return try #require(X25519.PrivateKey(bytes))
}

private func publicKey(_ hex: String) throws -> X25519.PublicKey {
    let bytes = try #require(Bytes(hex: hex))
    return try #require(X25519.PublicKey(bytes))
}

extension X25519.PrivateKey {
    fileprivate func sharedSecret(with peer: X25519.PublicKey) -> Bytes? {
        var isShared = false
        let secret = Bytes(unsafeUninitializedCapacity: 32) { output in
            isShared = self.sharedSecret(with: peer, into: output)
            return 32
        }
        return isShared ? secret : nil
    }
}
