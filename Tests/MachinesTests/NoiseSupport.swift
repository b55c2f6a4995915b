import Bytes
import Cryptography
import PeerIdentity
import TestSupport
import Testing

@testable import Noise

/// A node of a test: all of it follows from its seed.
struct NoiseNode {
    let identity: PrivateKey
    let staticKey: NoiseStaticKey
    let seed: UInt64
    var peer: PeerID { self.identity.peerID }

    init(seed: UInt64, type: KeyType = .ed25519) throws {
        var generator = SeededGenerator(seed: seed)
        self.identity = try PrivateKey.generate(type, using: &generator)
        self.staticKey = try NoiseStaticKey(identity: self.identity, using: &generator)
        self.seed = seed
    }

    /// A handshake, the same one each time.
    func handshake(
        _ role: NoiseRole, expecting peer: PeerID? = nil, muxers: [String] = ["/yamux/1.0.0"],
        prologue: Bytes = Bytes(), _ context: ChaChaPolyContext
    ) throws -> NoiseHandshake {
        var generator = SeededGenerator(seed: self.seed ^ 0xffff)
        return try NoiseHandshake(
            role: role, staticKey: self.staticKey, expectedPeer: peer, streamMuxers: muxers, prologue: prologue,
            context: context, using: &generator)
    }

    /// The raw state behind `handshake`, for a peer that does not follow the rules of libp2p.
    func state(_ role: NoiseRole) -> HandshakeState {
        var generator = SeededGenerator(seed: self.seed ^ 0xffff)
        return HandshakeState(
            role: role, prologue: Bytes(), staticKey: self.staticKey.privateKey,
            staticPublicKey: self.staticKey.publicKey, ephemeralKey: X25519.PrivateKey(using: &generator))
    }

    /// What this node sends in message 2 or 3.
    func payload(muxers: [String] = ["/yamux/1.0.0"]) -> NoiseHandshakePayload {
        NoiseHandshakePayload(
            identityKey: self.staticKey.identityKey, signature: self.staticKey.signature, streamMuxers: muxers)
    }
}

/// A message with its length, as it stands on the wire.
func framed(_ message: Bytes) -> [UInt8] {
    [UInt8(message.count >> 8), UInt8(message.count & 255)] + Array(message)
}

extension NoiseHandshake {
    /// Hands `pieces` in one after the other and returns what the handshake sends and what it leaves unread.
    mutating func feed(_ pieces: [[UInt8]]) throws -> (output: [UInt8], unread: [UInt8]) {
        var output = self.takeOutput()
        var unread: [UInt8] = []
        for piece in pieces {
            var reader = BytesReader(Bytes(piece))
            let isComplete = try self.receive(&reader)
            let isOver = self.isComplete
            #expect(isComplete == isOver)
            output += self.takeOutput()
            unread += reader.readRest()
        }
        return (output, unread)
    }

    /// The error that `pieces` bring, or nil where they bring none.
    mutating func failure(_ pieces: [[UInt8]]) -> NoiseError? {
        do {
            _ = try self.feed(pieces)
            return nil
        } catch {
            return error as? NoiseError
        }
    }

    mutating func takeOutput() -> [UInt8] { self.nextOutput().map { Array($0) } ?? [] }
}

/// The three messages of an honest handshake between two nodes, each with its length.
struct NoiseTranscript {
    let initiator: NoiseNode
    let responder: NoiseNode
    let messages: [[UInt8]]

    init(_ initiator: NoiseNode, _ responder: NoiseNode, _ context: ChaChaPolyContext) throws {
        self.initiator = initiator
        self.responder = responder
        var dialer = try initiator.handshake(.initiator, expecting: responder.peer, context)
        var listener = try responder.handshake(.responder, context)
        let first = dialer.takeOutput()
        let second = try listener.feed([first]).output
        let third = try dialer.feed([second]).output
        self.messages = [first, second, third]
    }
}

/// Two nodes, an honest handshake between them, and what each says to messages that are not of it.
struct NoiseScene {
    let context: ChaChaPolyContext
    let initiator: NoiseNode
    let responder: NoiseNode
    let honest: NoiseTranscript

    init() throws {
        self.context = try ChaChaPolyContext()
        self.initiator = try NoiseNode(seed: 1)
        self.responder = try NoiseNode(seed: 2)
        self.honest = try NoiseTranscript(self.initiator, self.responder, self.context)
    }

    func dialerFailure(_ answer: [UInt8]) throws -> NoiseError? {
        var dialer = try self.initiator.handshake(.initiator, self.context)
        return dialer.failure([answer])
    }

    func listenerFailure(_ last: [UInt8]) throws -> NoiseError? {
        var listener = try self.responder.handshake(.responder, self.context)
        _ = try listener.feed([self.honest.messages[0]])
        return listener.failure([last])
    }

    /// What a dialer says to a responder that follows Noise but sends this payload.
    func failure(payload: Bytes) throws -> NoiseError? {
        var dialer = try self.initiator.handshake(.initiator, self.context)
        var rogue = self.responder.state(.responder)
        _ = try rogue.readMessage(Bytes(dialer.takeOutput().dropFirst(2)), using: self.context)
        return dialer.failure([framed(try rogue.writeMessage(payload: payload, using: self.context))])
    }

    func failure(identityKey: Bytes, signature: Bytes) throws -> NoiseError? {
        let payload = NoiseHandshakePayload(identityKey: identityKey, signature: signature, streamMuxers: [])
        return try self.failure(payload: payload.bytes)
    }
}
