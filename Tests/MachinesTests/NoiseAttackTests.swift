import Bytes
import Cryptography
import PeerIdentity
import Testing

@testable import Noise

/// What a peer can send that an honest one does not.
@Suite struct NoiseAttackTests {
    private let context: ChaChaPolyContext
    private let initiator: NoiseNode
    private let responder: NoiseNode
    private let honest: NoiseTranscript

    init() throws {
        self.context = try ChaChaPolyContext()
        self.initiator = try NoiseNode(seed: 1)
        self.responder = try NoiseNode(seed: 2)
        self.honest = try NoiseTranscript(self.initiator, self.responder, self.context)
    }

    // MARK: Changed messages

    @Test func `a change of any bit of message 1 is found in message 2`() throws {
        for index in 2..<self.honest.messages[0].count {
            for bit in 0..<8 {
                var changed = self.honest.messages[0]
                changed[index] ^= 1 << bit
                var listener = try self.responder.handshake(.responder, self.context)
                let answer = try listener.feed([changed]).output
                #expect(try self.dialerFailure(answer) == .authenticationFailed(message: 2))
            }
        }
    }

    @Test func `a change of any byte of message 2 is found, and message 3 is not sent`() throws {
        for index in 2..<self.honest.messages[1].count {
            var changed = self.honest.messages[1]
            changed[index] ^= 0x80
            var dialer = try self.initiator.handshake(.initiator, self.context)
            _ = dialer.nextOutput()
            #expect(dialer.failure([changed]) == .authenticationFailed(message: 2))
            #expect(dialer.nextOutput() == nil)
            let dialerIsComplete = dialer.isComplete
            #expect(!dialerIsComplete)
        }
    }

    @Test func `a change of any byte of message 3 is found`() throws {
        for index in 2..<self.honest.messages[2].count {
            var changed = self.honest.messages[2]
            changed[index] ^= 1
            #expect(try self.listenerFailure(changed) == .authenticationFailed(message: 3))
        }
    }

    @Test func `a message that is cut or lengthened does not authenticate`() throws {
        let second = Bytes(self.honest.messages[1].dropFirst(2))
        for count in 96..<second.count {
            #expect(try self.dialerFailure(framed(second[0..<count])) == .authenticationFailed(message: 2))
        }
        let third = Bytes(self.honest.messages[2].dropFirst(2))
        for count in 64..<third.count {
            #expect(try self.listenerFailure(framed(third[0..<count])) == .authenticationFailed(message: 3))
        }
        let longer = Bytes(self.honest.messages[2].dropFirst(2) + [0])
        #expect(try self.listenerFailure(framed(longer)) == .authenticationFailed(message: 3))
    }

    @Test(arguments: [0, 1, 31])
    func `a message too short for its keys is refused by its length alone`(count: Int) throws {
        var listener = try self.responder.handshake(.responder, self.context)
        #expect(listener.failure([[0], [UInt8(count)]]) == .messageTooShort(message: 1))
        #expect(try self.dialerFailure([0, UInt8(64 + count)]) == .messageTooShort(message: 2))
        #expect(try self.listenerFailure([0, UInt8(32 + count)]) == .messageTooShort(message: 3))
    }

    @Test func `the longest message of garbage is refused and nothing is read behind it`() throws {
        var generator = SeededGenerator(seed: 3)
        let garbage: [UInt8] = [0xff, 0xff] + generator.bytes(65_535)
        #expect(try self.dialerFailure(garbage) == .authenticationFailed(message: 2))
        #expect(try self.listenerFailure(garbage) == .authenticationFailed(message: 3))
        // In message 1 whatever follows the key is a payload for nobody, and part of the transcript.
        var listener = try self.responder.handshake(.responder, self.context)
        let fed = try listener.feed([garbage + [1, 2]])
        #expect(fed.unread == [])
        #expect(try self.dialerFailure(fed.output) == .authenticationFailed(message: 2))
    }

    @Test func `the honest messages of another handshake do not fit`() throws {
        let other = try NoiseTranscript(NoiseNode(seed: 8), NoiseNode(seed: 9), self.context)
        #expect(try self.dialerFailure(other.messages[1]) == .authenticationFailed(message: 2))
        #expect(try self.listenerFailure(other.messages[2]) == .authenticationFailed(message: 3))
        #expect(try self.dialerFailure(framed(Bytes(self.honest.messages[0]))) == .messageTooShort(message: 2))
    }

    @Test func `an ephemeral key that makes the secret public is refused`() throws {
        var listener = try self.responder.handshake(.responder, self.context)
        #expect(listener.failure([[0, 32] + Array(repeating: 0, count: 32)]) == .weakKey(message: 2))
        #expect(listener.nextOutput() == nil)
        var changed = self.honest.messages[1]
        changed.replaceSubrange(2..<34, with: [1] + Array(repeating: 0, count: 31))
        #expect(try self.dialerFailure(changed) == .weakKey(message: 2))
    }

    @Test func `an error lasts`() throws {
        var dialer = try self.initiator.handshake(.initiator, self.context)
        var changed = self.honest.messages[1]
        changed[40] ^= 1
        #expect(dialer.failure([changed]) == .authenticationFailed(message: 2))
        #expect(dialer.failure([self.honest.messages[1]]) == .authenticationFailed(message: 2))
        #expect(dialer.failure([[]]) == .authenticationFailed(message: 2))
    }

    // MARK: Identities

    @Test func `a peer other than the one that was dialled is refused before message 3`() throws {
        let expected = try NoiseNode(seed: 7).peer
        var dialer = try self.initiator.handshake(.initiator, expecting: expected, self.context)
        _ = dialer.nextOutput()
        let error = dialer.failure([self.honest.messages[1]])
        #expect(error == .peerMismatch(expected: expected, actual: self.responder.peer))
        #expect(error?.description == "expected the peer \(expected), but \(self.responder.peer) answered")
        #expect(dialer.nextOutput() == nil)
    }

    @Test func `a dialer other than the expected one is refused`() throws {
        let expected = try NoiseNode(seed: 7).peer
        var listener = try self.responder.handshake(.responder, expecting: expected, self.context)
        _ = try listener.feed([self.honest.messages[0]])
        #expect(
            listener.failure([self.honest.messages[2]])
                == .peerMismatch(expected: expected, actual: self.initiator.peer))
    }

    @Test func `a static key that the identity did not sign for this purpose is refused`() throws {
        let node = self.responder
        let key = node.staticKey.publicKey.bytes
        let otherKey = try NoiseNode(seed: 7).staticKey.publicKey.bytes
        let signed: [(String, Bytes)] = [
            ("noise-libp2p-static-key", key), ("libp2p-tls-handshake:", key), ("", key),
            ("noise-libp2p-static-key:", otherKey), ("noise-libp2p-static-key:", Bytes()),
        ]
        for (domain, bytes) in signed {
            let signature = try node.identity.sign(Bytes(Array(domain.utf8) + Array(bytes)))
            #expect(
                try self.failure(identityKey: node.staticKey.identityKey, signature: signature) == .invalidSignature)
        }
        let foreign = try NoiseNode(seed: 7).identity
        let message = NoiseIdentity.signedMessage(staticKey: node.staticKey.publicKey)
        let signature = try foreign.sign(message)
        #expect(try self.failure(identityKey: node.staticKey.identityKey, signature: signature) == .invalidSignature)
        #expect(try self.failure(identityKey: node.staticKey.identityKey, signature: Bytes()) == .invalidSignature)
        // The same signature with its own key is honest, and tells that this test can fail.
        #expect(try self.failure(identityKey: foreign.publicKey.protobuf, signature: signature) == nil)
    }

    @Test func `an RSA key of 16,384 bits is refused by its length, before any arithmetic`() throws {
        var data = ProtobufWriter()
        data.write(1, varint: 0)
        data.write(2, bytes: [UInt8](repeating: 0x30, count: 2080))
        let error = try self.failure(identityKey: data.finish(), signature: Bytes())
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
        guard case .malformedPayload = try self.failure(payload: Bytes(payload)) else {
            Issue.record("the payload was taken")
            return
        }
    }

    @Test func `fields that are not known are passed over`() throws {
        let known = Array(self.responder.payload().bytes)
        let unknown: [UInt8] = [0x18, 5, 0x2a, 2, 1, 2, 0x22, 4, 0x0a, 2, 7, 7]
        #expect(try self.failure(payload: Bytes(unknown + known + unknown)) == nil)
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
        var dialer = try self.initiator.handshake(.initiator, muxers: ours, self.context)
        var listener = try self.responder.handshake(.responder, muxers: theirs, self.context)
        let answer = try listener.feed([dialer.takeOutput()]).output
        _ = try listener.feed([dialer.feed([answer]).output])
        #expect(dialer.finish().streamMuxer == expected)
        #expect(listener.finish().streamMuxer == expected)
    }

    @Test func `lists without a common muxer end the handshake on both sides`() throws {
        var dialer = try self.initiator.handshake(.initiator, muxers: ["/a"], self.context)
        var listener = try self.responder.handshake(.responder, muxers: ["/b", "/c"], self.context)
        let answer = try listener.feed([dialer.takeOutput()]).output
        #expect(dialer.failure([answer]) == .noCommonStreamMuxer(offered: ["/b", "/c"]))
        #expect(throws: NoiseError.noCommonStreamMuxer(offered: ["/b"])) {
            try StreamMuxerAgreement.agree(role: .responder, ours: ["/a"], theirs: ["/b"])
        }
    }

    @Test func `a hundred muxers are read and one more is refused`() throws {
        let names = (0..<100).map { "/muxer/\($0)" }
        #expect(
            try self.failure(payload: self.responder.payload(muxers: names + ["/yamux/1.0.0"]).bytes)
                == .tooManyStreamMuxers)
        let fitting = Array(names.dropLast()) + ["/yamux/1.0.0"]
        #expect(try self.failure(payload: self.responder.payload(muxers: fitting).bytes) == nil)
        let flood = [String](repeating: "", count: 30_000)
        #expect(try self.failure(payload: self.responder.payload(muxers: flood).bytes) == .tooManyStreamMuxers)
        let long = ["/yamux/1.0.0", String(repeating: "x", count: NoiseLimits.streamMuxerNameSize + 1)]
        #expect(try self.failure(payload: self.responder.payload(muxers: long).bytes) == .tooManyStreamMuxers)
    }

    // MARK: Anything

    @Test func `random input never traps and never completes a handshake`() throws {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<2000 {
            let target = round % 3
            var bytes =
                round.isMultiple(of: 2)
                ? self.honest.messages[target] : generator.bytes(Int.random(in: 0..<300, using: &generator))
            if bytes.isEmpty { continue }
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            let change = UInt8.random(in: 1...255, using: &generator)
            bytes[index] ^= change
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            if target == 1 {
                var dialer = try self.initiator.handshake(.initiator, self.context)
                _ = dialer.failure(pieces)
                let dialerIsComplete = dialer.isComplete
                #expect(!dialerIsComplete)
            } else {
                var listener = try self.responder.handshake(.responder, self.context)
                if target == 2 { _ = try listener.feed([self.honest.messages[0]]) }
                _ = listener.failure(pieces)
                let listenerIsComplete = listener.isComplete
                #expect(!listenerIsComplete)
            }
        }
    }

    @Test func `a payload of random bytes behind good keys never traps`() throws {
        var generator = SeededGenerator(seed: 5)
        let good = Array(self.responder.payload().bytes)
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
            _ = try self.failure(payload: Bytes(payload))
        }
    }

    // MARK: Rogue peers

    private func dialerFailure(_ answer: [UInt8]) throws -> NoiseError? {
        var dialer = try self.initiator.handshake(.initiator, self.context)
        return dialer.failure([answer])
    }

    private func listenerFailure(_ last: [UInt8]) throws -> NoiseError? {
        var listener = try self.responder.handshake(.responder, self.context)
        _ = try listener.feed([self.honest.messages[0]])
        return listener.failure([last])
    }

    /// What a dialer says to a responder that follows Noise but sends this payload.
    private func failure(payload: Bytes) throws -> NoiseError? {
        var dialer = try self.initiator.handshake(.initiator, self.context)
        var rogue = self.responder.state(.responder)
        _ = try rogue.readMessage(Bytes(dialer.takeOutput().dropFirst(2)), using: self.context)
        return dialer.failure([framed(try rogue.writeMessage(payload: payload, using: self.context))])
    }

    private func failure(identityKey: Bytes, signature: Bytes) throws -> NoiseError? {
        let payload = NoiseHandshakePayload(identityKey: identityKey, signature: signature, streamMuxers: [])
        return try self.failure(payload: payload.bytes)
    }
}
