import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

struct PeerIDVectors: Decodable {
    struct GoPerfServer: Decodable {
        let peerID: String

        enum CodingKeys: String, CodingKey {
            case peerID = "peer_id"
        }
    }
    let legacy: String
    let cid: String
    let wrongCodec: String
    let goPerfServer: GoPerfServer

    enum CodingKeys: String, CodingKey {
        case legacy
        case cid = "cidv1_base32"
        case wrongCodec = "reject_wrong_codec_cid"
        case goPerfServer = "go_perf_server_peer_id"
    }

    static func load() throws -> PeerIDVectors { try Vectors.load("peer_id_text") }
}

struct PeerIDTests {
    @Test func `both texts of the specification are the same peer`() throws {
        let vectors = try PeerIDVectors.load()
        let peer = try PeerID(vectors.legacy)
        #expect(try PeerID(vectors.cid) == peer)
        #expect(peer.description == vectors.legacy)
        #expect(peer.cidText == vectors.cid)
        #expect(peer.publicKey == nil)
    }

    @Test func `a CID is read in every base`() throws {
        let peer = try PrivateKey.generate(.secp256k1).peerID
        let cid = try CID(peer.cidText)
        for base in Multibase.allCases {
            #expect(try PeerID(cid.text(in: base)) == peer, "\(base)")
        }
    }

    @Test func `a CID of another codec is refused`() throws {
        let text = try PeerIDVectors.load().wrongCodec
        #expect(throws: PeerIdentityError.self) { try PeerID(text) }
    }

    @Test(arguments: [
        "", "1", "Q", "Qm", "11", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5", "12D3KooW", "0", "hello", "b", "z",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N ",
        "zQmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx0N",
        String(repeating: "1", count: 100_000), "b" + String(repeating: "a", count: 100_000),
    ])
    func `a text that is no peer ID is refused`(_ text: String) throws {
        // "11" is an identity multihash of no bytes, which a /p2p component may have too.
        if text == "11" {
            #expect(try PeerID(text).publicKey == nil)
        } else {
            #expect(throws: PeerIdentityError.self) { try PeerID(text) }
        }
    }

    @Test func `binary forms of other functions and lengths are refused`() throws {
        let digest = [UInt8](repeating: 7, count: 64)
        let refused: [[UInt8]] = [
            [], [0x12], [0x12, 0x20], [0x12, 0x1f] + digest[0..<31], [0x12, 0x21] + digest[0..<33],
            [0x12, 0x20] + digest[0..<33], [0x12, 0x20] + digest[0..<31], [0x13, 0x40] + digest,
            [0x16, 0x20] + digest[0..<32], [0x00, 0x2b] + digest[0..<43], [0x92, 0x00, 0x20] + digest[0..<32],
        ]
        for bytes in refused {
            #expect(throws: PeerIdentityError.self) { try PeerID(bytes: Bytes(bytes)) }
        }
        for bytes in [[0x12, 0x20] + digest[0..<32], [0x00, 0x2a] + digest[0..<42]] {
            let peer = try PeerID(bytes: Bytes(bytes))
            #expect(peer.bytes == Bytes(bytes))
            #expect(try PeerID(peer.description) == peer)
            #expect(peer.publicKey == nil)
        }
    }

    @Test(arguments: KeyType.allCases)
    func `an ID that holds its key gives it back`(_ type: KeyType) throws {
        let key = try PrivateKey.generate(type).publicKey
        let isInline = type == .ed25519 || type == .secp256k1
        #expect(key.peerID.publicKey == (isInline ? key : nil))
        #expect(try PeerID(bytes: key.peerID.bytes) == key.peerID)
        #expect(key.peerID.bytes[0] == (isInline ? 0x00 : 0x12))
    }

    @Test func `an ID that holds its key in another form has no key`() throws {
        // The fields in the other order are the same key, whose ID is another one.
        let data = try PrivateKey.generate(.ed25519).publicKey.data
        let peer = try PeerID(bytes: Bytes([0x00, 0x24, 0x12, 0x20] + Array(data) + [0x08, 0x01]))
        #expect(peer.publicKey == nil)
    }

    @Test func `IDs are ordered as their bytes and equal when these are`() throws {
        var generator = SeededGenerator(seed: 12)
        let peers = try (0..<200).map { _ in
            // Few lengths and values, so that some are prefixes of others and some are equal.
            let digest = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                UInt8.random(in: 0...1, using: &generator)
            }
            return try PeerID(bytes: Bytes([0x00, UInt8(digest.count)] + digest))
        }
        for left in peers {
            for right in peers {
                #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
                #expect((left == right) == (left.bytes == right.bytes))
                if left == right { #expect(left.hashValue == right.hashValue) }
            }
        }
    }

    @Test func `an ID is a plain value`() {
        #expect(MemoryLayout<PeerID>.size == 48)
        #expect(_isPOD(PeerID.self))
    }

    @Test func `a short description has both ends`() throws {
        let peer = try PeerID("12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN")
        #expect(peer.shortDescription == "12…x6nXTN")
    }

    @Test func `a multiaddr gives and takes the peer it leads to`() throws {
        let peer = try PeerID("12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN")
        let relay = try PeerID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
        let address = try Multiaddr("/ip4/192.0.2.1/tcp/4001")
        #expect(address.peerID == nil)
        #expect(try address.appending(peer).description == "\(address)/p2p/\(peer)")
        #expect(try address.appending(peer).peerID == peer)
        #expect(try address.appending(relay).appending(peer).description == "\(address)/p2p/\(peer)")
        let circuit = try Multiaddr("\(address)/p2p/\(relay)/p2p-circuit")
        #expect(circuit.peerID == nil)
        #expect(try circuit.appending(peer).peerID == peer)
        #expect(try circuit.appending(peer).relayAddress?.peerID == relay)
        #expect(try Multiaddr([.p2p(peer)]).peerID == peer)
    }

    @Test func `random bytes and texts never trap`() {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<2000 {
            let bytes = generator.bytes(count: 0...50)
            _ = try? PeerID(bytes: bytes)
            _ = try? PeerID(bytes: Bytes([0x00, UInt8(bytes.count)] + Array(bytes))).publicKey
            _ = try? PeerID(String(decoding: bytes, as: UTF8.self))
        }
    }
}
