import Bytes
import Cryptography
import TestSupport
import Testing

@Suite struct XSalsa20Tests {
    private static let zeros64 = [UInt8](repeating: 0, count: 64)

    /// The first is of NaCl's tests ("stream3"), the others of golang.org/x/crypto/salsa20.
    static let vectors: [(key: Bytes, nonce: Bytes, plaintext: [UInt8], ciphertext: String)] = [
        (
            Bytes(hex: "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389") ?? [],
            Bytes(hex: "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37") ?? [], Array(Self.zeros64.prefix(32)),
            "eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880"
        ),
        (
            Bytes(utf8: "this is 32-byte key for xsalsa20"), Bytes(utf8: "24-byte nonce for xsalsa"),
            Array("Hello world!".utf8), "002d4513843fc240c401e541"
        ),
        (
            Bytes(utf8: "this is 32-byte key for xsalsa20"), Bytes(utf8: "24-byte nonce for xsalsa"), Self.zeros64,
            "4848297feb1fb52fb66d81609bd547fabcbe7026edc8b5e5e449d088bfa69c08"
                + "8f5d8da1d791267c2c195a7f8cae9c4b4050d08ce6d3a151ec265f3a58e47648"
        ),
    ]

    @Test(arguments: vectors)
    func `a published ciphertext comes out`(
        _ vector: (key: Bytes, nonce: Bytes, plaintext: [UInt8], ciphertext: String)
    ) throws {
        var stream = XSalsa20(key: try #require(XSalsa20.Key(vector.key)), nonce: vector.nonce)
        var bytes = vector.plaintext
        bytes.withUnsafeMutableBytes { stream.apply(to: $0) }
        #expect(hexadecimal(bytes) == vector.ciphertext)
    }

    @Test(arguments: UInt64(1)...20)
    func `pieces of any sizes come out as the whole does, and back again`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let key = try #require(XSalsa20.Key(random.bytes(32)))
        let nonce = random.bytes(24)
        let plaintext = Array(random.bytes(10_000))
        var whole = plaintext
        var stream = XSalsa20(key: key, nonce: nonce)
        whole.withUnsafeMutableBytes { stream.apply(to: $0) }
        #expect(whole != plaintext)

        var pieces = whole
        var other = XSalsa20(key: key, nonce: nonce)
        pieces.withUnsafeMutableBytes { memory in
            var position = 0
            while position < memory.count {
                let largest = [1, 63, 64, 65, 1_000].randomElement(using: &random) ?? 1
                let count = min(Int.random(in: 0...largest, using: &random), memory.count - position)
                other.apply(to: UnsafeMutableRawBufferPointer(rebasing: memory[position..<position + count]))
                position += count
            }
        }
        #expect(pieces == plaintext)
    }

    @Test(arguments: [0, 31, 33]) func `a key has 32 bytes`(count: Int) {
        #expect(XSalsa20.Key(Bytes([UInt8](repeating: 1, count: count))) == nil)
    }

    /// The example of rust-libp2p's pnet; Kubo's is computed alike.
    @Test func `a key's fingerprint is that of other implementations`() throws {
        let bytes = Bytes(hex: "6189c5cf0b87fb800c1a9feeda73c6ab5e998db48fb9e6a978575c770ceef683") ?? []
        let key = try #require(XSalsa20.Key(bytes))
        #expect(key.fingerprint.hex == "45fc986bbc9388a11d939df26f730f0c")
    }
}
