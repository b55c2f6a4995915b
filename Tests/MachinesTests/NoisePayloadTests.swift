import Bytes
import Cryptography
import PeerIdentity
import TestSupport
import Testing

@testable import Noise

/// Payloads that a peer can seal in an honest handshake.
@Suite struct NoisePayloadTests {
    private let scene: NoiseScene

    init() throws { self.scene = try NoiseScene() }

    // MARK: Identities

    @Test func `a peer other than the one that was dialled is refused before message 3`() throws {
        let expected = try NoiseNode(seed: 7).peer
        var dialer = try self.scene.initiator.handshake(.initiator, expecting: expected, self.scene.context)
        _ = dialer.nextOutput()
        let error = dialer.failure([self.scene.honest.messages[1]])
        #expect(error == .peerMismatch(expected: expected, actual: self.scene.responder.peer))
        #expect(error?.description == "expected the peer \(expected), but \(self.scene.responder.peer) answered")
        #expect(dialer.nextOutput() == nil)
    }

    @Test func `a dialer other than the expected one is refused`() throws {
        let expected = try NoiseNode(seed: 7).peer
        var listener = try self.scene.responder.handshake(.responder, expecting: expected, self.scene.context)
        _ = try listener.feed([self.scene.honest.messages[0]])
        #expect(
            listener.failure([self.scene.honest.messages[2]])
                == .peerMismatch(expected: expected, actual: self.scene.initiator.peer))
    }

    @Test func `a static key that the identity did not sign for this purpose is refused`() throws {
        let node = self.scene.responder
        let key = node.staticKey.publicKey.bytes
        let otherKey = try NoiseNode(seed: 7).staticKey.publicKey.bytes
        let signed: [(String, Bytes)] = [
            ("noise-libp2p-static-key", key), ("libp2p-tls-handshake:", key), ("", key),
            ("noise-libp2p-static-key:", otherKey), ("noise-libp2p-static-key:", Bytes()),
        ]
        for (domain, bytes) in signed {
            let signature = try node.identity.sign(Bytes(Array(domain.utf8) + Array(bytes)))
            #expect(
                try self.scene.failure(identityKey: node.staticKey.identityKey, signature: signature)
                    == .invalidSignature)
        }
        let foreign = try NoiseNode(seed: 7).identity
        let message = NoiseIdentity.signedMessage(staticKey: node.staticKey.publicKey)
        let signature = try foreign.sign(message)
        #expect(
            try self.scene.failure(identityKey: node.staticKey.identityKey, signature: signature) == .invalidSignature)
        #expect(
            try self.scene.failure(identityKey: node.staticKey.identityKey, signature: Bytes()) == .invalidSignature)
        // The same signature with its own key is honest, and tells that this test can fail.
        #expect(try self.scene.failure(identityKey: foreign.publicKey.protobuf, signature: signature) == nil)
    }

    @Test func `an RSA key of 16,384 bits is refused by its length, before any arithmetic`() throws {
        var data = ProtobufWriter()
        data.write(1, varint: 0)
        data.write(2, bytes: [UInt8](repeating: 0x30, count: 2080))
        let error = try self.scene.failure(identityKey: data.finish(), signature: Bytes())
        #expect(error == .invalidIdentityKey(.tooLong(limit: PublicKey.maximumLength)))
    }

    @Test(
        arguments: [
            [], [0x0a, 1, 0], [0x12, 1, 0], [0x0a, 5, 0], [0x08, 1, 0x12, 1, 0], [0x0b, 0x0a, 1, 0, 0x12, 1, 0], [0x00],
            [0xff],
            [0x0a, 1, 0, 0x12, 1, 0, 0x20, 1], [0x0a, 1, 0, 0x12, 1, 0, 0x22, 1, 0x12],
            [0x0a, 1, 0, 0x12, 1, 0, 0x22, 3, 0x12, 1, 0xff],
        ] as [[UInt8]])
    func `a payload that is not the protobuf is refused`(payload: [UInt8]) throws {
        guard case .malformedPayload = try self.scene.failure(payload: Bytes(payload)) else {
            Issue.record("the payload was taken")
            return
        }
    }

    @Test func `fields that are not known are passed over`() throws {
        let known = Array(self.scene.responder.payload().bytes)
        let unknown: [UInt8] = [0x18, 5, 0x2a, 2, 1, 2, 0x22, 4, 0x0a, 2, 7, 7]
        #expect(try self.scene.failure(payload: Bytes(unknown + known + unknown)) == nil)
    }

    // MARK: Stream muxers

    @Test(
        arguments: [
            (["/yamux/1.0.0"], ["/yamux/1.0.0"], "/yamux/1.0.0"),
            (["/yamux/1.0.0", "/mplex/6.7.0"], ["/mplex/6.7.0", "/yamux/1.0.0"], "/yamux/1.0.0"),
            (["/a", "/b", "/c"], ["/c", "/b"], "/b"),
            ([], ["/yamux/1.0.0"], nil),
            (["/yamux/1.0.0"], [], nil),
            ([], [], nil),
        ] as [([String], [String], String?)])
    func `the initiator's first muxer that both have is agreed on by both`(
        ours: [String], theirs: [String], expected: String?
    ) throws {
        var dialer = try self.scene.initiator.handshake(.initiator, muxers: ours, self.scene.context)
        var listener = try self.scene.responder.handshake(.responder, muxers: theirs, self.scene.context)
        let answer = try listener.feed([dialer.takeOutput()]).output
        _ = try listener.feed([dialer.feed([answer]).output])
        #expect(dialer.finish().streamMuxer == expected)
        #expect(listener.finish().streamMuxer == expected)
    }

    @Test func `lists without a common muxer end the handshake on both sides`() throws {
        var dialer = try self.scene.initiator.handshake(.initiator, muxers: ["/a"], self.scene.context)
        var listener = try self.scene.responder.handshake(.responder, muxers: ["/b", "/c"], self.scene.context)
        let answer = try listener.feed([dialer.takeOutput()]).output
        #expect(dialer.failure([answer]) == .noCommonStreamMuxer(offered: ["/b", "/c"]))
        #expect(throws: NoiseError.noCommonStreamMuxer(offered: ["/b"])) {
            try StreamMuxerAgreement.agree(role: .responder, ours: ["/a"], theirs: ["/b"])
        }
    }

    @Test func `a hundred muxers are read and one more is refused`() throws {
        let names = (0..<100).map { "/muxer/\($0)" }
        #expect(
            try self.scene.failure(payload: self.scene.responder.payload(muxers: names + ["/yamux/1.0.0"]).bytes)
                == .tooManyStreamMuxers)
        let fitting = Array(names.dropLast()) + ["/yamux/1.0.0"]
        #expect(try self.scene.failure(payload: self.scene.responder.payload(muxers: fitting).bytes) == nil)
        let flood = [String](repeating: "", count: 30_000)
        #expect(
            try self.scene.failure(payload: self.scene.responder.payload(muxers: flood).bytes) == .tooManyStreamMuxers)
        let long = ["/yamux/1.0.0", String(repeating: "x", count: NoiseLimits.streamMuxerNameSize + 1)]
        #expect(
            try self.scene.failure(payload: self.scene.responder.payload(muxers: long).bytes) == .tooManyStreamMuxers)
    }

    @Test func `a payload of random bytes behind good keys never traps`() throws {
        var generator = SeededGenerator(seed: 5)
        let good = Array(self.scene.responder.payload().bytes)
        for _ in 0..<500 {
            var payload = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                payload[Int.random(in: 0..<payload.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) {
                payload.removeLast(Int.random(in: 0...payload.count, using: &generator))
            }
            if payload == good { continue }
            _ = try self.scene.failure(payload: Bytes(payload))
        }
    }
}
