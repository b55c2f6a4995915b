import Bytes
import Cryptography
import PeerIdentity
import TestSupport
import Testing

struct RSATests {
    /// A key of the smallest accepted size, made once for all tests.
    static let key = Result { try RSA.PrivateKey(generatingBits: 2048) }

    @Test func `a generated key signs, verifies and reads its own encodings`() throws {
        let key = try Self.key.get()
        let message = Bytes(utf8: "message")
        let signature = try key.sign(message)
        #expect(signature.count == 256)
        #expect(signature == (try key.sign(message)))
        #expect(key.publicKey.verify(signature: signature, of: message))
        #expect(try RSA.PublicKey(key.publicKey.bytes) == key.publicKey)
        let copy = try RSA.PrivateKey(key.bytes)
        #expect(copy.publicKey == key.publicKey)
        #expect(copy.bytes == key.bytes)
        #expect(try copy.sign(message) == signature)
    }

    @Test func `any changed bit of signature or message is noticed`() throws {
        var generator = SeededGenerator(seed: 8)
        let key = try Self.key.get()
        let message = generator.bytes(40)
        let signature = try key.sign(message)
        for _ in 0..<64 {
            #expect(!key.publicKey.verify(signature: signature.flippingBit(using: &generator), of: message))
            #expect(!key.publicKey.verify(signature: signature, of: message.flippingBit(using: &generator)))
        }
        #expect(!key.publicKey.verify(signature: Bytes(), of: message))
        #expect(!key.publicKey.verify(signature: signature.dropLast(1), of: message))
        #expect(!key.publicKey.verify(signature: Bytes(signature + [0]), of: message))
    }

    @Test(arguments: [2048, 2049, 3072, 4096, 8191, 8192])
    func `a modulus of an accepted size is read`(bits: Int) throws {
        let key = try RSA.PublicKey(Self.publicKey(modulus: Self.modulus(bits: bits)))
        #expect(key.signatureSize == (bits + 7) / 8)
        #expect(!key.verify(signature: Bytes(repeatElement(1, count: key.signatureSize)), of: Bytes()))
    }

    @Test(arguments: [1, 512, 1024, 2047, 8193, 16384, 100_000])
    func `a modulus of another size is refused by its size alone`(bits: Int) throws {
        let modulus = Self.modulus(bits: bits)
        #expect(throws: CryptographyError.unacceptableModulus(bits: bits)) {
            try RSA.PublicKey(Self.publicKey(modulus: modulus))
        }
        // A private key is refused for its modulus before its other numbers are looked at.
        let numbers = DER.integer(Bytes()) + DER.integer(modulus) + DER.integer([1, 0, 1])
        let privateKey = Bytes(DER.sequence(numbers))
        if privateKey.count <= RSA.maximumPrivateKeySize {
            #expect(throws: CryptographyError.unacceptableModulus(bits: bits)) { try RSA.PrivateKey(privateKey) }
        } else {
            #expect(throws: CryptographyError.malformedKey(.rsa)) { try RSA.PrivateKey(privateKey) }
        }
    }

    @Test(arguments: [0, 2047, 8193])
    func `a key of another size is not made`(bits: Int) {
        #expect(throws: CryptographyError.unacceptableModulus(bits: bits)) { try RSA.PrivateKey(generatingBits: bits) }
    }

    @Test func `the largest accepted key has the largest encoding`() throws {
        let largest = Self.publicKey(modulus: Self.modulus(bits: 8192), exponent: [0x7f, 0xff, 0xff, 0xff])
        #expect(largest.count == RSA.maximumPublicKeySize)
        let key = try RSA.PublicKey(largest)
        #expect(key.bytes == largest)
        let protobuf = PublicKey.rsa(key).protobuf
        #expect(protobuf.count == PublicKey.maximumLength)
        #expect(try PublicKey(protobuf: protobuf) == .rsa(key))
    }

    @Test(arguments: [
        [] as Bytes, [1], [2], [0x01, 0x00, 0x00], [0x80, 0x00, 0x00, 0x01], [0xff, 0xff, 0xff, 0xff], [1, 0, 0, 0, 1],
        Bytes(repeatElement(0xff, count: 256)),
    ])
    func `an exponent that is even, tiny or huge is refused`(_ exponent: Bytes) throws {
        let encoding = Self.publicKey(modulus: Self.modulus(bits: 2048), exponent: exponent)
        #expect(throws: CryptographyError.malformedKey(.rsa)) { try RSA.PublicKey(encoding) }
    }

    @Test func `an even modulus is refused`() throws {
        var modulus = Array(Self.modulus(bits: 2048))
        modulus[255] &= 0xfe
        #expect(throws: CryptographyError.malformedKey(.rsa)) {
            try RSA.PublicKey(Self.publicKey(modulus: Bytes(modulus)))
        }
    }

    @Test func `an encoding that is not the one DER is refused`() throws {
        let modulus = Self.modulus(bits: 2048)
        let exponent = DER.integer([1, 0, 1])
        let good = DER.integer(modulus) + exponent
        let keys: [[UInt8]] = [
            DER.element(0x02, Array(modulus)) + exponent,  // a negative modulus
            DER.element(0x02, [0, 0] + Array(modulus)) + exponent,  // a modulus with two zeros in front
            DER.element(0x04, [0] + Array(modulus)) + exponent,  // an octet string for the modulus
            good + exponent,  // a third number
            DER.integer(modulus),  // no exponent
            [],
        ]
        for numbers in keys {
            let encoding = Self.publicKey(numbers: numbers)
            #expect(throws: CryptographyError.malformedKey(.rsa)) { try RSA.PublicKey(encoding) }
        }
        let whole = Self.publicKey(numbers: good)
        #expect(throws: Never.self) { try RSA.PublicKey(whole) }
        let tooLong = Bytes(Array(whole) + [0])
        #expect(throws: CryptographyError.malformedKey(.rsa)) { try RSA.PublicKey(tooLong) }
        for count in 0..<whole.count {
            #expect(throws: CryptographyError.malformedKey(.rsa)) { try RSA.PublicKey(whole[0..<count]) }
        }
    }

    @Test func `a private key with another key's modulus is refused`() throws {
        let other = try RSA.PrivateKey(generatingBits: 2048)
        // Sequence header and version take 7 bytes, the integer's header 4, its zero 1 and the modulus 256.
        let mixed = try Self.key.get().bytes.replacing(11..<268, with: other.bytes[11..<268])
        #expect(throws: CryptographyError.mismatchedPublicKey(.rsa)) { try RSA.PrivateKey(mixed) }
    }

    @Test func `mutated keys and signatures never trap`() throws {
        var generator = SeededGenerator(seed: 9)
        let key = try Self.key.get()
        let message = Bytes(utf8: "message")
        let signature = try key.sign(message)
        for _ in 0..<500 {
            _ = key.publicKey.verify(signature: signature.mutated(using: &generator), of: message)
            let publicKey = try? RSA.PublicKey(key.publicKey.bytes.mutated(using: &generator))
            _ = publicKey?.verify(signature: signature, of: message)
        }
        for _ in 0..<50 {
            _ = try? RSA.PrivateKey(key.bytes.mutated(using: &generator))
        }
    }

    /// An odd number of this many bits.
    private static func modulus(bits: Int) -> Bytes {
        var modulus = [UInt8](repeating: 0xa5, count: (bits + 7) / 8)
        let highest: UInt8 = 1 << UInt8((bits - 1) % 8)
        modulus[0] = (modulus[0] & (highest - 1)) | highest
        modulus[modulus.count - 1] |= 1
        return Bytes(modulus)
    }

    private static func publicKey(modulus: Bytes, exponent: Bytes = [1, 0, 1]) -> Bytes {
        self.publicKey(numbers: DER.integer(modulus) + DER.integer(exponent))
    }

    private static func publicKey(numbers: [UInt8]) -> Bytes {
        let algorithm: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]
        let key = DER.element(0x03, [0] + DER.sequence(numbers))
        return Bytes(DER.sequence(DER.sequence(algorithm) + key))
    }
}

/// Writes DER as the tests need it, right or wrong.
private enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        switch content.count {
        case ..<0x80: [tag, UInt8(content.count)] + content
        case ..<0x100: [tag, 0x81, UInt8(content.count)] + content
        default: [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
        }
    }

    static func sequence(_ content: [UInt8]) -> [UInt8] { self.element(0x30, content) }

    static func integer(_ magnitude: Bytes) -> [UInt8] {
        let isHigh = (magnitude.first ?? 0xff) >= 0x80
        return self.element(0x02, (isHigh ? [0] : []) + Array(magnitude))
    }
}
