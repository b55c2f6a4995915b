import Bytes
import TestSupport
import Testing

struct VarintTests {
    private struct File: Decodable {
        struct Entry: Decodable {
            let value: String
            let hex: String
        }
        struct Rejected: Decodable {
            let hex: String
            let why: String
        }
        let encode: [Entry]
        let mustReject: [Rejected]

        enum CodingKeys: String, CodingKey {
            case encode
            case mustReject = "must_reject"
        }
    }

    @Test func `the published values are written and read`() throws {
        for entry in try Vectors.load("varint", as: File.self).encode {
            let value = try #require(UInt64(entry.value))
            let bytes = try #require(Bytes(hex: entry.hex))
            #expect(Bytes(Varint.encode(value)) == bytes)
            #expect(Varint.length(value) == bytes.count)
            for format in [.minimal, .protobuf] as [Varint.Format] {
                var reader = BytesReader(bytes)
                #expect(try reader.readVarint(format) == value)
                #expect(reader.isAtEnd == true)
            }
        }
    }

    @Test func `what the specification forbids is refused`() throws {
        let rejected = try Vectors.load("varint", as: File.self).mustReject
        #expect(rejected.count == 8)
        for entry in rejected {
            var reader = BytesReader(try #require(Bytes(hex: entry.hex)))
            #expect(throws: BytesError.self, "\(entry.why)") { try reader.readVarint() }
            #expect(reader.position == 0)
        }
    }

    @Test(
        arguments: [
            ("8100", .varintNotMinimal), ("8000", .varintNotMinimal), ("ffffffffffffffff00", .varintNotMinimal),
            ("808080808080808080", .varintTooLong), ("80808080808080808001", .varintTooLong), ("80", .truncated),
            ("", .truncated), ("ffffffffffffffff", .truncated),
        ] as [(String, BytesError)])
    func `the minimal form says why it refuses`(hex: String, error: BytesError) throws {
        var reader = BytesReader(try #require(Bytes(hex: hex)))
        #expect(throws: error) { try reader.readVarint(.minimal) }
    }

    @Test(
        arguments: [
            ("8100", 1), ("8000", 0), ("80808080808080808000", 0), ("ffffffffffffffffff01", .max),
            ("80808080808080808001", 1 << 63), ("ff808080808080808000", 127),
        ] as [(String, UInt64)])
    func `protobuf's form may be padded and has 64 bits`(hex: String, value: UInt64) throws {
        var reader = BytesReader(try #require(Bytes(hex: hex)))
        #expect(try reader.readVarint(.protobuf) == value)
        #expect(reader.isAtEnd == true)
    }

    @Test(arguments: ["ffffffffffffffffff02", "80808080808080808080", "8080808080808080808001", "80808080808080808002"])
    func `protobuf's form has no more than 64 bits in 10 bytes`(hex: String) throws {
        var reader = BytesReader(try #require(Bytes(hex: hex)))
        #expect(throws: BytesError.varintTooLong) { try reader.readVarint(.protobuf) }
        #expect(reader.position == 0)
    }

    @Test func `every value is written in its shortest form and read back, and no part of it is`() throws {
        var generator = SeededGenerator(seed: 9)
        for bits in 0...64 {
            for _ in 0..<50 {
                let value = bits == 0 ? 0 : generator.next() >> UInt64(64 - bits) | 1 << UInt64(bits - 1)
                let bytes = Bytes(Varint.encode(value))
                #expect(bytes.count == Varint.length(value))
                #expect(bytes.count == max(1, (bits + 6) / 7))
                var reader = BytesReader(bytes)
                #expect(try reader.readVarint(.protobuf) == value)
                var minimal = BytesReader(bytes)
                if value <= Varint.maximum {
                    #expect(try minimal.readVarint() == value)
                } else {
                    #expect(throws: BytesError.varintTooLong) { try minimal.readVarint() }
                }
                for count in 0..<bytes.count {
                    var part = BytesReader(bytes[..<count])
                    #expect(throws: BytesError.self) { try part.readVarint(.protobuf) }
                }
            }
        }
    }

    @Test func `in the minimal form only what a writer writes is read`() {
        var generator = SeededGenerator(seed: 10)
        var readable = 0
        for _ in 0..<20_000 {
            // High bits are mostly set, so that long and padded forms are common.
            let bytes = Bytes(
                (0..<Int.random(in: 1...11, using: &generator)).map { _ in
                    UInt8.random(in: 0..<4, using: &generator) == 0
                        ? UInt8.random(in: 0...1, using: &generator) : UInt8.random(in: 0x80...0xff, using: &generator)
                })
            var reader = BytesReader(bytes)
            guard let value = try? reader.readVarint() else { continue }
            readable += 1
            #expect(Bytes(Varint.encode(value)) == bytes[..<reader.position])
        }
        #expect(readable > 5_000)
    }

    @Test func `a length is checked against its limit`() throws {
        var reader = BytesReader(Bytes(Varint.encode(300)))
        #expect(throws: BytesError.limitExceeded(limit: 299)) { try reader.readLength(limit: 299) }
        #expect(reader.position == 0)
        #expect(try reader.readLength(limit: 300) == 300)
    }
}
