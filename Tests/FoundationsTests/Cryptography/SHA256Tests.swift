import Bytes
import Cryptography
import Testing

/// The examples of FIPS 180-4 that NIST publishes ("SHA256.pdf"), and the empty message.
struct SHA256Tests {
    static let examples: [(input: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]

    @Test(arguments: examples)
    func `a published example has its digest`(_ example: (input: String, digest: String)) {
        #expect(SHA256.hash(Bytes(utf8: example.input)).hex == example.digest)
    }

    @Test func `a million letters in pieces have the published digest`() {
        var hash = SHA256()
        let piece = Bytes(repeatElement(UInt8(ascii: "a"), count: 1000))
        for _ in 0..<1000 { hash.update(piece) }
        #expect(hash.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `a copy of the state is a hash of its own`() {
        var hash = SHA256()
        hash.update(Bytes(utf8: "a"))
        let fork = hash
        hash.update(Bytes(utf8: "bc"))
        #expect(hash.finish() == SHA256.hash(Bytes(utf8: "abc")))
        #expect(fork.finish() == SHA256.hash(Bytes(utf8: "a")))
    }
}
