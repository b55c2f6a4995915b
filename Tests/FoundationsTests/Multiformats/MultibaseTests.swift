import Bytes
import Multiformats
import TestSupport
import Testing

struct MultibaseTests {
    private struct Group: Decodable {
        struct Entry: Decodable {
            let base: String
            let text: String
        }
        let name: String
        let hex: String
        /// Whether an encoder writes these texts too, or they are only read.
        let canonical: Bool
        let entries: [Entry]
    }

    @Test func `every supported base reads and writes the published vectors`() throws {
        struct File: Decodable { let groups: [Group] }
        var seen: Set<Multibase> = []
        for group in try Vectors.load("multibase", as: File.self).groups {
            let bytes = try #require(Bytes(hex: group.hex))
            for entry in group.entries where entry.base != "base256emoji" {
                let base = try #require(Multibase.allCases.first { $0.description == entry.base }, "\(entry.base)")
                let decoded = try Multibase.decode(entry.text)
                #expect(decoded.base == base)
                #expect(decoded.bytes == bytes, "\(group.name) \(base)")
                if group.canonical {
                    #expect(base.encode(bytes) == entry.text, "\(group.name) \(base)")
                }
                seen.insert(base)
            }
        }
        #expect(seen == Set(Multibase.allCases))
    }

    @Test(arguments: Multibase.allCases) func `what a base writes it reads back`(base: Multibase) throws {
        var generator = SeededGenerator(seed: 58)
        for count in 0..<260 {
            var bytes = generator.bytes(count)
            if count.isMultiple(of: 3) {
                let zeros = Int.random(in: 0...count, using: &generator)
                bytes = Bytes(Array(repeating: 0, count: zeros) + bytes.dropFirst(zeros))
            }
            let text = base.encode(bytes)
            let decoded = try Multibase.decode(text)
            #expect(decoded.base == base)
            #expect(decoded.bytes == bytes)
            #expect(text.first == base.prefix)
            #expect(base.encodeWithoutPrefix(bytes) == text.dropFirst())
        }
    }

    @Test(arguments: Multibase.allCases) func `a text that is read is the text that is written`(base: Multibase) throws
    {
        var generator = SeededGenerator(seed: 64)
        let alphabet = Array(base.encodeWithoutPrefix(Bytes(0...255)).utf8) + Array("=!".utf8)
        var readable = 0
        for _ in 0..<4_000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = String(
                decoding: (0..<count).compactMap { _ in alphabet.randomElement(using: &generator) }, as: UTF8.self)
            guard let bytes = try? base.decodeWithoutPrefix(text) else { continue }
            readable += 1
            #expect(base.encodeWithoutPrefix(bytes) == text)
        }
        #expect(readable > 10)
    }

    @Test(
        arguments: [
            ("", .emptyText),
            ("?abc", .unknownBase("?")),
            ("🚀🚀", .unknownBase("🚀")),
            ("zO", .invalidCharacter("O", base: .base58btc)),
            ("zé1", .invalidCharacter("é", base: .base58btc)),
            ("f0", .invalidLength(base: .base16)),
            ("mA", .invalidLength(base: .base64)),
            ("mAA==", .invalidCharacter("=", base: .base64)),
            ("mAB", .invalidTrailingBits(base: .base64)),
            ("MAA", .invalidLength(base: .base64pad)),
            ("MAA=A", .invalidCharacter("=", base: .base64pad)),
            ("MAAAAA", .invalidLength(base: .base64pad)),
            ("MA=A=", .invalidCharacter("=", base: .base64pad)),
            ("M====", .invalidLength(base: .base64pad)),
            ("cAAA=====", .invalidLength(base: .base32pad)),
            ("bab", .invalidTrailingBits(base: .base32)),
            ("01010", .invalidLength(base: .base2)),
        ] as [(String, MultiformatsError)])
    func `a malformed text is refused with its reason`(text: String, error: MultiformatsError) {
        #expect(throws: error) { try Multibase.decode(text) }
    }

    @Test func `base 58 texts above the limit are refused before any work`() throws {
        let limit = Base58.maximumTextLength
        #expect(try Base58.decode(String(repeating: "1", count: limit)) == Bytes(Array(repeating: 0, count: limit)))
        let largest = try Base58.decode(String(repeating: "z", count: limit))
        #expect(largest.count > 1_024)
        #expect(Base58.encode(largest) == String(repeating: "z", count: limit))
        #expect(throws: MultiformatsError.textTooLong(limit: limit)) {
            try Base58.decode(String(repeating: "z", count: limit + 1))
        }
        #expect(throws: MultiformatsError.textTooLong(limit: limit)) {
            try Multibase.decode("k" + String(repeating: "z", count: 1 << 20))
        }
    }

    @Test(
        arguments: [
            ("", ""), ("00", "1"), ("000000", "111"), ("61", "2g"), ("626262", "a3gV"), ("636363", "aPEr"),
            ("ffffffffffffffff", "jpXCZedGfVQ"), ("010000000000000000", "jpXCZedGfVR"),
            ("73696d706c792061206c6f6e6720737472696e67", "2cFupjhnEsSn59qHXstmK2ffpLv2"),
        ])
    func `base 58 has no prefix and keeps leading zeros`(hex: String, text: String) throws {
        let bytes = try #require(Bytes(hex: hex))
        #expect(Base58.encode(bytes) == text)
        #expect(try Base58.decode(text) == bytes)
    }
}
