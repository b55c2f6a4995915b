import Bytes
import Cryptography
import PeerIdentity
import Testing

@testable import Noise

@Suite struct NoiseHandshakeTests {
    private let scene: NoiseScene

    init() throws { self.scene = try NoiseScene() }

    @Test(arguments: [KeyType.ed25519, .secp256k1, .ecdsa, .rsa])
    func `both sides end with each other's identity and with the same session`(type: KeyType) throws {
        let responder = try NoiseNode(seed: 3, type: type)
        var dialer = try self.scene.initiator.handshake(.initiator, expecting: responder.peer, self.scene.context)
        var listener = try responder.handshake(.responder, expecting: self.scene.initiator.peer, self.scene.context)
        let answer = try listener.feed([dialer.takeOutput()]).output
        let last = try dialer.feed([answer]).output
        let dialerIsComplete = dialer.isComplete
        #expect(dialerIsComplete)
        #expect(try listener.feed([last]).output.isEmpty)
        let listenerIsComplete = listener.isComplete
        #expect(listenerIsComplete)

        var near = dialer.finish()
        var far = listener.finish()
        #expect(near.remotePeer == responder.peer)
        #expect(near.remoteKey == responder.identity.publicKey)
        #expect(near.remoteStaticKey == responder.staticKey.publicKey)
        #expect(far.remotePeer == self.scene.initiator.peer)
        #expect(far.remoteStaticKey == self.scene.initiator.staticKey.publicKey)
        #expect([near.streamMuxer, far.streamMuxer] == ["/yamux/1.0.0", "/yamux/1.0.0"])
        let hashes = [near.transcriptHash, far.transcriptHash]
        #expect(hashes[0] == hashes[1] && hashes[0].count == 32)
        for text in ["ping", "", "pong"] {
            let message = Bytes(utf8: text)
            #expect(
                try far.receiving.opened(
                    near.sending.sealed(message, using: self.scene.context), using: self.scene.context)
                    == message)
            #expect(
                try near.receiving.opened(
                    far.sending.sealed(message, using: self.scene.context), using: self.scene.context)
                    == message)
        }
    }

    @Test func `message 1 is the ephemeral key alone, and nothing of the others is in the clear`() throws {
        #expect(self.scene.honest.messages[0].count == 2 + 32)
        #expect(self.scene.honest.messages[0].prefix(2) == [0, 32])
        let secrets = [
            Array(self.scene.responder.staticKey.publicKey.bytes),
            Array(self.scene.initiator.staticKey.publicKey.bytes),
            Array(self.scene.responder.staticKey.identityKey), Array(self.scene.initiator.staticKey.identityKey),
            Array("/yamux/1.0.0".utf8),
        ]
        for message in self.scene.honest.messages {
            for secret in secrets { #expect(!message.containsRun(secret)) }
        }
    }

    @Test func `the payload stands in the message as the specification lays it out`() throws {
        var state = self.scene.initiator.state(.initiator)
        _ = try state.writeMessage(payload: Bytes(), using: self.scene.context)
        let payload = try state.readMessage(
            Bytes(self.scene.honest.messages[1].dropFirst(2)), using: self.scene.context)
        let key = self.scene.responder.identity.publicKey.protobuf
        let signature = try self.scene.responder.identity.sign(
            Bytes(Array("noise-libp2p-static-key:".utf8) + Array(self.scene.responder.staticKey.publicKey.bytes)))
        let expected: [UInt8] =
            [0x0a, UInt8(key.count)] + key + [0x12, UInt8(signature.count)] + signature + [0x22, 14, 0x12, 12]
            + Array("/yamux/1.0.0".utf8)
        #expect(payload == Bytes(expected))
    }

    @Test func `each message is taken at every split point, and byte by byte`() throws {
        for pieces in splits(self.scene.honest.messages[0]) {
            var listener = try self.scene.responder.handshake(.responder, self.scene.context)
            #expect(try listener.feed(pieces).output == self.scene.honest.messages[1])
        }
        for pieces in splits(self.scene.honest.messages[1]) {
            var dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
            #expect(try dialer.feed(pieces).output == self.scene.honest.messages[0] + self.scene.honest.messages[2])
            let dialerIsComplete = dialer.isComplete
            #expect(dialerIsComplete)
        }
        for pieces in splits(self.scene.honest.messages[2]) {
            var listener = try self.scene.responder.handshake(.responder, self.scene.context)
            _ = try listener.feed([self.scene.honest.messages[0]])
            _ = try listener.feed(pieces)
            let listenerIsComplete = listener.isComplete
            #expect(listenerIsComplete)
        }
    }

    @Test func `what stands behind the last message is left for the session`() throws {
        let data: [UInt8] = [0, 17] + Array(repeating: 9, count: 17)
        var dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
        #expect(try dialer.feed([self.scene.honest.messages[1] + data]).unread == data)
        var listener = try self.scene.responder.handshake(.responder, self.scene.context)
        #expect(try listener.feed([self.scene.honest.messages[0]]).unread == [])
        #expect(try listener.feed([self.scene.honest.messages[2] + data, data]).unread == data + data)
        let listenerIsComplete = listener.isComplete
        #expect(listenerIsComplete)
    }

    @Test func `messages that arrive too early are kept apart`() throws {
        // A peer cannot know message 3 before it has read message 2, but a replay can hold both.
        var listener = try self.scene.responder.handshake(.responder, self.scene.context)
        let fed = try listener.feed([self.scene.honest.messages[0] + self.scene.honest.messages[2]])
        #expect(fed.output == self.scene.honest.messages[1])
        let listenerIsComplete = listener.isComplete
        #expect(listenerIsComplete)
    }

    @Test func `a prologue that differs ends the handshake, and the same one does not`() throws {
        let prologue = Bytes(utf8: "libp2p-webrtc-noise:")
        for other in [prologue, Bytes(), Bytes(utf8: "libp2p-webrtc-noise;")] {
            var dialer = try self.scene.initiator.handshake(.initiator, prologue: prologue, self.scene.context)
            var listener = try self.scene.responder.handshake(.responder, prologue: other, self.scene.context)
            let answer = try listener.feed([dialer.takeOutput()]).output
            #expect(dialer.failure([answer]) == (other == prologue ? nil : .authenticationFailed(message: 2)))
        }
    }

    @Test func `a peer that closes early is told in words`() throws {
        let dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
        #expect(dialer.errorAtEndOfInput.description == "the peer closed the connection during the Noise handshake")
    }
}

extension [UInt8] {
    fileprivate func containsRun(_ run: [UInt8]) -> Bool {
        self.indices.contains { self[$0...].starts(with: run) }
    }
}
