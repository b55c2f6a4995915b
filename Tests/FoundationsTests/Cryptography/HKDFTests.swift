import Bytes
import Cryptography
import Testing

@Suite struct HKDFTests {
    /// The examples of RFC 4231, sections 4.2 to 4.4 and 4.7: a short key, a shorter one, one of binary data, and one
    /// longer than a block.
    static let codes: [(key: Bytes, message: Bytes, code: String)] = [
        (
            Bytes(repeatElement(0x0b, count: 20)), Bytes(utf8: "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Bytes(utf8: "Jefe"), Bytes(utf8: "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Bytes(repeatElement(0xaa, count: 20)), Bytes(repeatElement(0xdd, count: 50)),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Bytes(repeatElement(0xaa, count: 131)),
            Bytes(utf8: "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test(arguments: codes)
    func `a published message has its code, in one part or in two`(
        _ example: (key: Bytes, message: Bytes, code: String)
    ) {
        let keyed = example.key.withUnsafeBytes { HMACSHA256(key: $0) }
        for cut in 0...example.message.count {
            var hash = keyed
            example.message[0..<cut].withUnsafeBytes { hash.update($0) }
            example.message[cut..<example.message.count].withUnsafeBytes { hash.update($0) }
            let forked = hash
            let code = Bytes(unsafeUninitializedCapacity: 32) { output in
                forked.finish(into: output)
                return 32
            }
            #expect(code.hex == example.code)
        }
    }

    /// The SHA-256 examples of RFC 5869, appendix A.
    static let derivations: [(salt: Bytes, secret: Bytes, info: Bytes, output: String)] = [
        (
            Bytes(0..<13), Bytes(repeatElement(0x0b, count: 22)), Bytes(0xf0..<0xfa),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            Bytes(0x60..<0xb0), Bytes(0..<0x50), Bytes(0xb0...0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            Bytes(), Bytes(repeatElement(0x0b, count: 22)), Bytes(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ]

    @Test(arguments: derivations)
    func `a published derivation has its output, and a shorter one is its beginning`(
        _ example: (salt: Bytes, secret: Bytes, info: Bytes, output: String)
    ) throws {
        let expected = try #require(Bytes(hex: example.output))
        for count in 0...expected.count {
            let output = Bytes(unsafeUninitializedCapacity: max(count, 1)) { output in
                example.salt.withUnsafeBytes { salt in
                    example.secret.withUnsafeBytes { secret in
                        example.info.withUnsafeBytes { info in
                            HKDF.derive(
                                salt: salt, inputKeyMaterial: secret, info: info,
                                into: UnsafeMutableRawBufferPointer(rebasing: output[..<count]))
                        }
                    }
                }
                return count
            }
            #expect(output == expected[0..<count])
        }
    }
}
