import Bytes
import Multiformats
import Testing

struct MultihashTests {
    @Test func `the published vectors parse, print and name their function`() throws {
        struct File: Decodable {
            struct Entry: Decodable {
                let code: String
                let hex: String
            }
            let entries: [Entry]
        }
        let entries = try Vectors.load("multihash", as: File.self).entries
        #expect(entries.count == 12)
        for entry in entries {
            let bytes = try #require(Bytes(hex: entry.hex))
            let multihash = try Multihash(bytes: bytes)
            #expect(multihash.code.description == entry.code)
            #expect(multihash.digest == bytes[2..<bytes.count])
            #expect(multihash.bytes == bytes)
            #expect(multihash.description == "\(entry.code):\(multihash.digest.hex)")
            #expect(try Multihash(multihash.code, digest: multihash.digest) == multihash)
            #expect(try Multihash(base58: multihash.base58) == multihash)
        }
    }

    @Test func `a code without a name prints its number and survives`() throws {
        let multihash = try Multihash(bytes: [0x80, 0x80, 0x01, 0x02, 0xab, 0xcd])
        #expect(multihash.code == MultihashCode(rawValue: 0x4000))
        #expect(multihash.description == "0x4000:abcd")
        #expect(multihash.bytes == [0x80, 0x80, 0x01, 0x02, 0xab, 0xcd])
    }

    @Test func `a digest of up to 128 bytes is accepted and none longer`() throws {
        for count in [0, 1, 127, 128] {
            let digest = Bytes(Array(repeating: 7, count: count))
            let multihash = try Multihash(.identity, digest: digest)
            #expect(try Multihash(bytes: multihash.bytes) == multihash)
        }
        let error = MultiformatsError.digestTooLong(limit: 128)
        let digest = Bytes(Array(repeating: 7, count: 129))
        #expect(throws: error) { try Multihash(.identity, digest: digest) }
        #expect(throws: error) { try Multihash(bytes: Bytes([0x00, 0x81, 0x01] + digest)) }
        // A length of 2^62 is refused for its size, before anything waits for or reserves so many bytes.
        #expect(throws: error) { try Multihash(bytes: Bytes([0x00] + Varint.encode(1 << 62))) }
    }

    @Test(
        arguments: [
            ([], .malformed(.truncated)),
            ([0x12], .malformed(.truncated)),
            ([0x12, 0x02, 0x01], .malformed(.truncated)),
            ([0x92, 0x00, 0x01, 0x01], .malformed(.varintNotMinimal)),
            ([0x12, 0x81, 0x00, 0x01], .malformed(.varintNotMinimal)),
            ([0x12, 0x01, 0x01, 0x01, 0x01], .trailingBytes(count: 2)),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00], .malformed(.varintTooLong)),
        ] as [(Bytes, MultiformatsError)])
    func `malformed bytes are refused with their reason`(bytes: Bytes, error: MultiformatsError) {
        #expect(throws: error) { try Multihash(bytes: bytes) }
    }

    @Test func `a code that no varint can carry is refused`() {
        #expect(throws: MultiformatsError.malformed(.varintTooLong)) {
            try Multihash(MultihashCode(rawValue: 1 << 63), digest: [])
        }
    }

    @Test func `a reader is left behind the multihash`() throws {
        var reader = BytesReader([0x12, 0x01, 0xaa, 0xbb] as Bytes)
        #expect(try Multihash(from: &reader).digest == [0xaa])
        #expect(reader.remaining == 1)
    }
}
