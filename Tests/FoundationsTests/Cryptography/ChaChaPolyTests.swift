import Bytes
import Cryptography
import TestSupport
import Testing

@Suite struct ChaChaPolyTests {
    private let context: ChaChaPolyContext

    init() throws { self.context = try ChaChaPolyContext() }

    /// RFC 8439, appendix A.5, whose nonce has the four zero bytes that Noise prescribes.
    private static let key = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"
    private static let nonce: UInt64 = 0x0807_0605_0403_0201
    private static let associatedData = "f33388860000000000004e91"
    private static let plaintext =
        "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted "
        + "by other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite "
        + "them other than as /\u{201c}work in progress./\u{201d}"
    private static let ciphertext =
        "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e38"
        + "2d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f9"
        + "82b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d"
        + "46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04"
        + "b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049"
        + "e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d6789"
        + "0cbb22392336fea1851f38"

    @Test func `the published example is sealed and opened`() throws {
        let key = try #require(Bytes(hex: Self.key))
        let associatedData = try #require(Bytes(hex: Self.associatedData))
        let sealed = self.context.seal(
            Bytes(utf8: Self.plaintext), key: key, nonce: Self.nonce, associatedData: associatedData)
        #expect(sealed.hex == Self.ciphertext)
        let opened = self.context.open(sealed, key: key, nonce: Self.nonce, associatedData: associatedData)
        #expect(opened?.utf8Text == Self.plaintext)
    }

    @Test func `a change of any byte, of the key, of the counter or of the associated data is found`() throws {
        var generator = SeededGenerator(seed: 1)
        let key = generator.bytes(32)
        let data = generator.bytes(9)
        let sealed = self.context.seal(generator.bytes(70), key: key, nonce: 5, associatedData: data)
        for index in sealed.indices {
            #expect(self.context.open(sealed.changed(at: index), key: key, nonce: 5, associatedData: data) == nil)
        }
        for index in key.indices {
            #expect(self.context.open(sealed, key: key.changed(at: index), nonce: 5, associatedData: data) == nil)
        }
        for index in data.indices {
            #expect(self.context.open(sealed, key: key, nonce: 5, associatedData: data.changed(at: index)) == nil)
        }
        for shift in 0..<64 {
            #expect(self.context.open(sealed, key: key, nonce: 5 ^ (1 << shift), associatedData: data) == nil)
        }
        #expect(self.context.open(sealed, key: key, nonce: 5, associatedData: data) != nil)
    }

    @Test func `what does not fit leaves zeros behind and no plaintext`() {
        var generator = SeededGenerator(seed: 2)
        let key = generator.bytes(32)
        let sealed = self.context.seal(Bytes(utf8: "not for you"), key: key, nonce: 0).changed(at: 12)
        var output = [UInt8](repeating: 7, count: 11)
        let isOpened = output.withUnsafeMutableBytes { output in
            sealed.withUnsafeBytes { sealed in
                key.withUnsafeBytes {
                    self.context.open(
                        key: ChaChaPolyKey($0), nonce: 0, ciphertext: sealed, into: output.baseAddress ?? output.dummy)
                }
            }
        }
        #expect(!isOpened)
        #expect(output == [UInt8](repeating: 0, count: 11))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 63, 64, 65, 1023, 4096, 65_519])
    func `every length comes back, and truncated it does not`(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let (key, plaintext) = (generator.bytes(32), generator.bytes(count))
        let sealed = self.context.seal(plaintext, key: key, nonce: .max)
        #expect(sealed.count == count + ChaChaPolyContext.tagSize)
        #expect(self.context.open(sealed, key: key, nonce: .max) == plaintext)
        for missing in [1, 15, 16, 17] where missing <= sealed.count {
            #expect(self.context.open(sealed[0..<sealed.count - missing], key: key, nonce: .max) == nil)
        }
        #expect(self.context.open(Bytes(), key: key, nonce: .max) == nil)
    }

    @Test func `parts give the same ciphertext as one piece, wherever they are cut`() {
        var generator = SeededGenerator(seed: 3)
        let (key, plaintext) = (generator.bytes(32), generator.bytes(200))
        let whole = self.context.seal(plaintext, key: key, nonce: 9)
        for first in 0...plaintext.count {
            #expect(self.context.seal([plaintext[0..<first], plaintext[first..<200]], key: key, nonce: 9) == whole)
        }
        for _ in 0..<200 {
            let cuts = [0] + (0..<4).map { _ in Int.random(in: 0...200, using: &generator) }.sorted() + [200]
            let parts = zip(cuts, cuts.dropFirst()).map { plaintext[$0..<$1] }
            #expect(self.context.seal(parts, key: key, nonce: 9) == whole)
        }
    }

    @Test func `sealing and opening work in place`() {
        var generator = SeededGenerator(seed: 4)
        let (key, plaintext) = (generator.bytes(32), generator.bytes(1000))
        var memory = Array(plaintext) + [UInt8](repeating: 0, count: 16)
        let isOpened = memory.withUnsafeMutableBytes { memory in
            key.withUnsafeBytes { key in
                guard let base = memory.baseAddress else { return false }
                let plain = UnsafeRawBufferPointer(rebasing: memory[..<1000])
                self.context.seal(key: ChaChaPolyKey(key), nonce: 1, plaintext: plain, into: base)
                return self.context.open(
                    key: ChaChaPolyKey(key), nonce: 1, ciphertext: UnsafeRawBufferPointer(memory), into: base)
            }
        }
        #expect(isOpened)
        #expect(Bytes(memory[..<1000]) == plaintext)
    }

    @Test func `a context that changes between keys and directions keeps none of them`() {
        var generator = SeededGenerator(seed: 5)
        let keys = (0..<4).map { _ in generator.bytes(32) }
        let plaintext = generator.bytes(100)
        for nonce in 0..<50 as Range<UInt64> {
            for key in keys {
                let sealed = self.context.seal(plaintext, key: key, nonce: nonce)
                _ = self.context.open(sealed.changed(at: 0), key: key, nonce: nonce)
                #expect(self.context.open(sealed, key: key, nonce: nonce) == plaintext)
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate var dummy: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped }
}

extension Bytes {
    fileprivate func changed(at index: Int) -> Bytes {
        var bytes = Array(self)
        bytes[index] ^= 0x10
        return Bytes(bytes)
    }
}

extension ChaChaPolyContext {
    fileprivate func seal(_ plaintext: Bytes, key: Bytes, nonce: UInt64, associatedData: Bytes = Bytes()) -> Bytes {
        Bytes(unsafeUninitializedCapacity: plaintext.count + Self.tagSize) { output in
            key.withUnsafeBytes { key in
                plaintext.withUnsafeBytes { plaintext in
                    associatedData.withUnsafeBytes { data in
                        self.seal(
                            key: ChaChaPolyKey(key), nonce: nonce, plaintext: plaintext, authenticating: data,
                            into: output.baseAddress ?? output.dummy)
                    }
                }
            }
            return output.count
        }
    }

    fileprivate func seal(_ parts: [Bytes], key: Bytes, nonce: UInt64) -> Bytes {
        let count = parts.reduce(0) { $0 + $1.count }
        return Bytes(unsafeUninitializedCapacity: count + Self.tagSize) { output in
            var next = output.baseAddress ?? output.dummy
            key.withUnsafeBytes { self.beginSeal(key: ChaChaPolyKey($0), nonce: nonce) }
            for part in parts {
                part.withUnsafeBytes { self.updateSeal($0, into: next) }
                next += part.count
            }
            self.finishSeal(tagInto: next)
            return output.count
        }
    }

    fileprivate func open(_ sealed: Bytes, key: Bytes, nonce: UInt64, associatedData: Bytes = Bytes()) -> Bytes? {
        var isOpened = false
        let plaintext = Bytes(unsafeUninitializedCapacity: max(sealed.count, 16)) { output in
            key.withUnsafeBytes { key in
                sealed.withUnsafeBytes { sealed in
                    associatedData.withUnsafeBytes { data in
                        isOpened = self.open(
                            key: ChaChaPolyKey(key), nonce: nonce, ciphertext: sealed, authenticating: data,
                            into: output.baseAddress ?? output.dummy)
                    }
                }
            }
            return max(sealed.count - Self.tagSize, 0)
        }
        return isOpened ? plaintext : nil
    }
}
