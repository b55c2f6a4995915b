import Bytes
import Multiformats
import Testing

struct PeerIDTextTests {
    private struct File: Decodable {
        struct Seeded: Decodable {
            let peerID: String

            enum CodingKeys: String, CodingKey { case peerID = "peer_id" }
        }
        let legacy: String
        let cid: String
        let wrongCodec: String
        let seeded: Seeded

        enum CodingKeys: String, CodingKey {
            case legacy
            case cid = "cidv1_base32"
            case wrongCodec = "reject_wrong_codec_cid"
            case seeded = "go_perf_server_peer_id"
        }
    }

    private let file: File

    init() throws { self.file = try Vectors.load("peer_id_text") }

    @Test func `the base 58 and the CID text of the vectors are read`() throws {
        let legacy = try Multihash(peerID: self.file.legacy)
        #expect(legacy.code == .sha256)
        #expect(legacy.base58 == self.file.legacy)
        let cid = try Multihash(peerID: self.file.cid)
        #expect(cid.code == .sha256)
        #expect(try CID(.libp2pKey, cid).description == self.file.cid)
        let seeded = try Multihash(peerID: self.file.seeded.peerID)
        #expect(seeded.code == .identity)
        #expect(seeded.digest.count == 36)
        #expect(seeded.base58 == self.file.seeded.peerID)
    }

    @Test func `one peer's texts in every base are the same ID`() throws {
        let multihash = try Multihash(peerID: self.file.legacy)
        let cid = try CID(.libp2pKey, multihash)
        for base in Multibase.allCases {
            #expect(try Multihash(peerID: cid.text(in: base)) == multihash)
        }
    }

    @Test func `a CID of another codec is not a peer ID`() {
        #expect(throws: MultiformatsError.wrongCodec(.raw, expected: .libp2pKey)) {
            try Multihash(peerID: self.file.wrongCodec)
        }
    }

    @Test func `other hashes, truncated hashes and long keys are not peer IDs`() throws {
        let digest = Bytes(Array(repeating: 9, count: 64))
        #expect(throws: MultiformatsError.invalidPeerID) {
            try Multihash(peerID: try Multihash(.sha512, digest: digest).bytes)
        }
        #expect(throws: MultiformatsError.invalidPeerID) {
            try Multihash(peerID: try Multihash(.sha256, digest: digest[0..<31]).bytes)
        }
        #expect(throws: MultiformatsError.invalidPeerID) {
            try Multihash(peerID: try Multihash(.identity, digest: digest[0..<43]).base58)
        }
        #expect(try Multihash(peerID: try Multihash(.identity, digest: digest[0..<42]).bytes).digest.count == 42)
    }

    @Test func `a text far longer than any ID is refused`() {
        #expect(throws: MultiformatsError.self) { try Multihash(peerID: String(repeating: "1", count: 1 << 20)) }
        #expect(throws: MultiformatsError.self) { try Multihash(peerID: String(repeating: "b", count: 1 << 20)) }
    }
}
