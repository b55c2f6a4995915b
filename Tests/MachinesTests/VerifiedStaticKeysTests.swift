import Bytes
import Cryptography
import PeerIdentity
import TestSupport
import Testing

@testable import Noise

struct VerifiedStaticKeysTests {
    private let node: NoiseNode

    init() throws { self.node = try NoiseNode(seed: 1) }

    private func verify(
        _ payload: NoiseHandshakePayload, _ keys: VerifiedStaticKeys, expecting peer: PeerID? = nil
    ) throws(NoiseError) -> PublicKey {
        try NoiseIdentity.verify(
            payload, staticKey: self.node.staticKey.publicKey, expectedPeer: peer, verifiedKeys: keys)
    }

    @Test func `a key that was verified is known by the same proof alone`() throws {
        let keys = VerifiedStaticKeys()
        let payload = self.node.payload()
        #expect(keys.identityKey(of: payload, staticKey: self.node.staticKey.publicKey) == nil)
        let key = try self.verify(payload, keys)
        #expect(key == self.node.identity.publicKey)
        #expect(keys.identityKey(of: payload, staticKey: self.node.staticKey.publicKey) == key)
        #expect(try self.verify(payload, keys) == key)
    }

    @Test func `another identity or signature for a known static key is verified, and refused`() throws {
        let keys = VerifiedStaticKeys()
        let payload = self.node.payload()
        _ = try self.verify(payload, keys)
        let other = try NoiseNode(seed: 2)
        let foreignIdentity = NoiseHandshakePayload(
            identityKey: other.staticKey.identityKey, signature: payload.signature, streamMuxers: [])
        #expect(throws: NoiseError.invalidSignature) { try self.verify(foreignIdentity, keys) }
        let foreignSignature = NoiseHandshakePayload(
            identityKey: payload.identityKey, signature: other.staticKey.signature, streamMuxers: [])
        #expect(throws: NoiseError.invalidSignature) { try self.verify(foreignSignature, keys) }
        #expect(keys.count == 1)
    }

    @Test func `a known peer in another's place is refused`() throws {
        let keys = VerifiedStaticKeys()
        _ = try self.verify(self.node.payload(), keys)
        let other = try NoiseNode(seed: 2).peer
        #expect(throws: NoiseError.peerMismatch(expected: other, actual: self.node.peer)) {
            try self.verify(self.node.payload(), keys, expecting: other)
        }
    }

    @Test func `a signature that does not fit is not remembered`() throws {
        let keys = VerifiedStaticKeys()
        let forged = NoiseHandshakePayload(
            identityKey: self.node.staticKey.identityKey, signature: Bytes([UInt8](repeating: 1, count: 64)),
            streamMuxers: [])
        #expect(throws: NoiseError.invalidSignature) { try self.verify(forged, keys) }
        #expect(keys.count == 0)
    }

    @Test(arguments: [0, 1, 3]) func `no more keys are kept than the limit, and the newest stay`(limit: Int) throws {
        let keys = VerifiedStaticKeys(limit: limit)
        let nodes = try (1...7).map { try NoiseNode(seed: $0) }
        for node in nodes {
            keys.insert(node.identity.publicKey, of: node.payload(), staticKey: node.staticKey.publicKey)
        }
        #expect(keys.count == limit)
        let known = nodes.filter { keys.identityKey(of: $0.payload(), staticKey: $0.staticKey.publicKey) != nil }
        #expect(known.map(\.seed) == nodes.suffix(limit).map(\.seed))
    }

    @Test func `handshakes of peers that come again end as the first did`() throws {
        let context = try ChaChaPolyContext()
        let keys = VerifiedStaticKeys()
        let peer = try NoiseNode(seed: 2)
        for _ in 0..<2 {
            var random = SeededGenerator(seed: 5)
            var initiator = try self.node.handshake(.initiator, context)
            var responder = try NoiseHandshake(
                role: .responder, staticKey: peer.staticKey, streamMuxers: ["/yamux/1.0.0"], context: context,
                verifiedKeys: keys, using: &random)
            let first = try responder.feed([initiator.takeOutput()]).output
            let last = try initiator.feed([first]).output
            _ = try responder.feed([last])
            #expect(responder.finish().remotePeer == self.node.peer)
            #expect(keys.count == 1)
        }
    }
}
