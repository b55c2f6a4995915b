import Bytes
import Cryptography
import TestSupport
import Testing

struct Secp256k1Tests {
    /// The order of the group, big-endian (SEC 2, section 2.4.1).
    static let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

    /// Private key 1 and RFC 6979, an example that Bitcoin's libraries share.
    @Test func `a known message has its known signature`() throws {
        let key = try Secp256k1.PrivateKey(Self.scalar(1))
        let message = Bytes(utf8: "Satoshi Nakamoto")
        #expect(key.publicKey.bytes.hex == "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
        let signature = try key.sign(message)
        let expected =
            "3045022100934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            + "02202442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
        #expect(signature.hex == expected)
        #expect(key.publicKey.verify(signature: signature, of: message))
    }

    @Test func `any changed bit of signature or message is noticed`() throws {
        var generator = SeededGenerator(seed: 3)
        let key = try Secp256k1.PrivateKey(using: &generator)
        let message = generator.bytes(40)
        let signature = try key.sign(message)
        for _ in 0..<64 {
            #expect(!key.publicKey.verify(signature: signature.flippingBit(using: &generator), of: message))
            #expect(!key.publicKey.verify(signature: signature, of: message.flippingBit(using: &generator)))
        }
        #expect(!key.publicKey.verify(signature: Bytes(), of: message))
        #expect(!key.publicKey.verify(signature: Bytes(signature + [0]), of: message))
        #expect(!key.publicKey.verify(signature: Bytes(repeatElement(0x30, count: 4096)), of: message))
    }

    @Test func `signatures are written with a low second number and read with a high one`() throws {
        var generator = SeededGenerator(seed: 4)
        let order = try #require(Bytes(hex: Self.order))
        for _ in 0..<32 {
            let key = try Secp256k1.PrivateKey(using: &generator)
            let message = generator.bytes(20)
            let signature = try key.sign(message)
            let (first, second) = try #require(Self.numbers(of: signature))
            // The order's half begins with 0x7f.
            #expect(second.count < 32 || second[0] <= 0x7f)
            let high = Self.difference(order, second)
            let changed = Self.signature(first, high)
            #expect(changed != signature)
            #expect(key.publicKey.verify(signature: changed, of: message))
        }
    }

    @Test func `compressed and uncompressed points are the same key`() throws {
        // Twice the generator (SEC 2, section 2.4.1).
        let x = "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
        let y = "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a"
        let key = try Secp256k1.PrivateKey(Self.scalar(2)).publicKey
        #expect(try Secp256k1.PublicKey(#require(Bytes(hex: "02" + x))) == key)
        #expect(try Secp256k1.PublicKey(#require(Bytes(hex: "04" + x + y))) == key)
        #expect(key.bytes.hex == "02" + x)
        let refused = [
            "", "02", "02" + x + "00", "03" + x + y, "04" + x, "05" + x, "00" + x, "04" + y + x,
            "02" + String(repeating: "f", count: 64), "04" + x + String(repeating: "0", count: 64),
        ]
        for hex in refused {
            let bytes = try #require(Bytes(hex: hex))
            #expect(throws: CryptographyError.malformedKey(.secp256k1)) { try Secp256k1.PublicKey(bytes) }
        }
    }

    @Test func `private keys out of range or of another length are refused`() throws {
        let order = try #require(Bytes(hex: Self.order))
        let last = Self.difference(order, Self.scalar(1))
        #expect(throws: Never.self) { try Secp256k1.PrivateKey(last) }
        let refused = [
            Bytes(repeatElement(0, count: 32)), order, Bytes(repeatElement(0xff, count: 32)), Bytes(),
            Bytes(repeatElement(1, count: 31)), Bytes(repeatElement(1, count: 33)),
        ]
        for bytes in refused {
            #expect(throws: CryptographyError.malformedKey(.secp256k1)) { try Secp256k1.PrivateKey(bytes) }
        }
    }

    @Test func `a generator without entropy is given up`() {
        var generator = ConstantGenerator(word: .max)
        #expect(throws: CryptographyError.libraryFailure(.secp256k1)) { try Secp256k1.PrivateKey(using: &generator) }
    }

    @Test func `mutated keys and signatures never trap`() throws {
        var generator = SeededGenerator(seed: 5)
        let key = try Secp256k1.PrivateKey(using: &generator)
        let message = Bytes(utf8: "message")
        let signature = try key.sign(message)
        for _ in 0..<2000 {
            _ = key.publicKey.verify(signature: signature.mutated(using: &generator), of: message)
            _ = try? Secp256k1.PublicKey(key.publicKey.bytes.mutated(using: &generator))
            _ = try? Secp256k1.PublicKey(generator.bytes(count: 0...70))
        }
    }

    private static func scalar(_ value: UInt8) -> Bytes { Bytes(Array(repeating: 0, count: 31) + [value]) }

    /// The two numbers of a signature, without leading zeros.
    private static func numbers(of signature: Bytes) -> (Bytes, Bytes)? {
        guard signature.count > 6 else { return nil }
        let firstLength = Int(signature[3])
        let first = signature[4..<4 + firstLength]
        let second = signature[6 + firstLength..<signature.count]
        return (Bytes(first.drop { $0 == 0 }), Bytes(second.drop { $0 == 0 }))
    }

    private static func signature(_ numbers: Bytes...) -> Bytes {
        let content = numbers.flatMap { number in
            let padded = (number[0] >= 0x80 ? [0] : []) + Array(number)
            return [0x02, UInt8(padded.count)] + padded
        }
        return Bytes([0x30, UInt8(content.count)] + content)
    }

    /// The difference of two big-endian numbers, without leading zeros.
    private static func difference(_ left: Bytes, _ right: Bytes) -> Bytes {
        var result = Array(left)
        var borrow = 0
        for index in 0..<left.count {
            let position = left.count - 1 - index
            let subtrahend = index < right.count ? Int(right[right.count - 1 - index]) : 0
            let digit = Int(left[position]) - subtrahend - borrow
            borrow = digit < 0 ? 1 : 0
            result[position] = UInt8(digit & 0xff)
        }
        return Bytes(result.drop { $0 == 0 })
    }
}

/// The same word for ever: what a broken source of randomness might give.
struct ConstantGenerator: RandomNumberGenerator {
    let word: UInt64

    mutating func next() -> UInt64 { self.word }
}
