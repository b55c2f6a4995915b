import Bytes
import Multiformats
import TestSupport
import Testing

struct CIDTests {
    private static let digest = Bytes((0..<32).map { UInt8($0) })

    @Test func `a version 0 is the bare multihash in base 58`() throws {
        let multihash = try Multihash(.sha256, digest: Self.digest)
        let cid = try CID(v0: multihash)
        #expect(cid.version == .v0)
        #expect(cid.codec == .dagPB)
        #expect(cid.bytes == multihash.bytes)
        #expect(cid.description == multihash.base58)
        #expect(cid.description.hasPrefix("Qm"))
        #expect(try CID(cid.description) == cid)
        #expect(try CID(bytes: cid.bytes) == cid)
        #expect(cid.text(in: .base16) == cid.description)
    }

    @Test func `a version 1 names its codec and has a text in every base`() throws {
        for codec in [.raw, .dagCBOR, .libp2pKey, Multicodec(rawValue: 0x4001)] as [Multicodec] {
            let cid = try CID(codec, try Multihash(.sha512, digest: Self.digest))
            #expect(cid.version == .v1)
            #expect(try CID(bytes: cid.bytes) == cid)
            for base in Multibase.allCases {
                #expect(try CID(cid.text(in: base)) == cid)
            }
            #expect(cid.description == cid.text(in: .base32))
        }
    }

    @Test func `both versions of the same content are told apart and convert`() throws {
        let v0 = try CID("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
        let v1 = try CID("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi")
        #expect(v0 != v1.self)
        #expect(v1.codec == .dagPB)
        #expect(v0.v1 == (try CID(.dagPB, v0.multihash)))
        #expect(v1.v1 == v1)
        #expect(v1.multihash.code == .sha256)
    }

    @Test func `the content address of a raw block is what others print`() throws {
        // The sha2-256 of nothing; the text is what every IPFS implementation prints for an empty raw block.
        let hash = try #require(Bytes(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        let cid = try CID(.raw, try Multihash(.sha256, digest: hash))
        #expect(cid.description == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
    }

    @Test(
        arguments: [
            ("", .emptyText),
            ("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzd", .invalidLength(base: .base32)),
            ("zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", .invalidCIDv0),
            ("f02551200", .unknownCIDVersion(2)),
            ("f00551200", .unknownCIDVersion(0)),
            ("f01", .malformed(.truncated)),
            ("f0155", .malformed(.truncated)),
            ("f01551201", .malformed(.truncated)),
            ("f015512000a", .trailingBytes(count: 1)),
            ("f0181005512010a", .malformed(.varintNotMinimal)),
            ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbd0", .invalidCharacter("0", base: .base58btc)),
        ] as [(String, MultiformatsError)])
    func `a malformed text is refused with its reason`(text: String, error: MultiformatsError) {
        #expect(throws: error) { try CID(text) }
    }

    @Test func `only a sha2-256 of 32 bytes makes a version 0`() throws {
        #expect(throws: MultiformatsError.invalidCIDv0) {
            try CID(v0: try Multihash(.sha512, digest: Self.digest))
        }
        #expect(throws: MultiformatsError.invalidCIDv0) {
            try CID(v0: try Multihash(.sha256, digest: Self.digest.dropLast()))
        }
    }

    @Test func `the longest CID is read in the longest base and no longer text is`() throws {
        let multihash = try Multihash(
            MultihashCode(rawValue: Varint.maximum), digest: Bytes(Array(repeating: 255, count: 128)))
        let cid = try CID(Multicodec(rawValue: Varint.maximum), multihash)
        #expect(try CID(cid.text(in: .base2)) == cid)
        let text = "0" + String(repeating: "01010101", count: 1 << 14)
        #expect(throws: MultiformatsError.textTooLong(limit: CID.maximumTextLength)) { try CID(text) }
        #expect(throws: MultiformatsError.malformed(.varintTooLong)) {
            try CID(Multicodec(rawValue: 1 << 63), multihash)
        }
    }

    @Test func `mutated bytes are refused or read as what they are`() throws {
        var generator = SeededGenerator(seed: 1)
        let original = try CID(.dagCBOR, try Multihash(.sha256, digest: Self.digest)).bytes
        var readable = 0
        for _ in 0..<5_000 {
            let bytes = generator.mutated(original)
            guard let cid = try? CID(bytes: bytes) else { continue }
            readable += 1
            #expect(cid.bytes == bytes)
        }
        #expect(readable > 100)
    }
}
