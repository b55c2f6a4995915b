import Bytes
import Cryptography
import PeerIdentity

@testable import Noise

extension FuzzTarget {
    /// The input as what a responder sends, its handshake messages and what follows them.
    static let noiseInitiator = FuzzTarget(name: "noise-initiator") { input in
        receive(input, as: .initiator)
    } seeds: {
        try exchangeOfBytes().map { [$0.fromResponder] } ?? []
    }

    /// The input as what an initiator sends.
    static let noiseResponder = FuzzTarget(name: "noise-responder") { input in
        receive(input, as: .responder)
    } seeds: {
        try exchangeOfBytes().map { [$0.fromInitiator, $0.fromInitiator[0..<34]] } ?? []
    }

    /// The input as a payload that a peer seals as the protocol asks: a mutated message never gets past its tag. The
    /// first byte says which side reads it.
    static let noisePayload = FuzzTarget(name: "noise-payload") { input in
        guard let first = input.first else { return }
        let payload = input[1..<input.count]
        let isRead: Bool?
        if first & 1 == 0 {
            isRead = try? readPayload(payload, as: .responder)
        } else {
            isRead = try? readPayload(payload, as: .initiator)
        }
        precondition(isRead ?? true, "a handshake that fails says why")
    } seeds: {
        let key = try staticKey(of: .initiator)
        return [[], ["/yamux/1.0.0"], ["/mplex/6.7.0", "/yamux/1.0.0"]].flatMap { muxers in
            let payload = NoiseHandshakePayload(
                identityKey: key.identityKey, signature: key.signature, streamMuxers: muxers)
            // The peer has the initiator's static key in both roles, so that its signature holds.
            return [Bytes([0] + Array(payload.bytes)), Bytes([1] + Array(payload.bytes))]
        }
    }

    private static func staticKey(of role: NoiseRole) throws(NoiseError) -> NoiseStaticKey {
        var generator = FixedGenerator(seed: role == .initiator ? 1 : 2)
        let identity = role == .initiator ? FixedKeys.signer : FixedKeys.other
        return try NoiseStaticKey(identity: identity, using: &generator)
    }

    private static func handshake(_ role: NoiseRole, _ context: ChaChaPolyContext) throws -> NoiseHandshake {
        var generator = FixedGenerator(seed: role == .initiator ? 3 : 4)
        return try NoiseHandshake(
            role: role, staticKey: try Self.staticKey(of: role), streamMuxers: ["/yamux/1.0.0"], context: context,
            using: &generator)
    }

    private static func receive(_ input: Bytes, as role: NoiseRole) {
        guard let context = try? ChaChaPolyContext(), var handshake = try? Self.handshake(role, context) else {
            preconditionFailure("a handshake begins with fixed keys")
        }
        _ = handshake.nextOutput()
        let step = input.count.isMultiple(of: 2) ? max(input.count, 1) : 7
        var rest: [UInt8] = []
        for start in stride(from: 0, to: input.count, by: step) {
            var reader = BytesReader(input[start..<min(start + step, input.count)])
            do {
                guard try handshake.receive(&reader) else { continue }
            } catch {
                precondition(!handshake.isComplete, "a handshake that failed is not over")
                _ = error.description
                return
            }
            _ = handshake.nextOutput()
            rest += Array(reader.readRest())
        }
        guard handshake.isComplete else { return }
        var session = handshake.finish()
        precondition(session.remotePeer == session.remoteKey.peerID)
        guard rest.count >= ChaChaPolyContext.tagSize else { return }
        rest.withUnsafeMutableBytes { memory in
            guard let base = memory.baseAddress else { return }
            _ = try? session.receiving.open(UnsafeRawBufferPointer(memory), into: base, using: context)
        }
    }

    /// What both sides of an honest handshake send.
    private static func exchangeOfBytes() throws -> (fromInitiator: Bytes, fromResponder: Bytes)? {
        let context = try ChaChaPolyContext()
        var initiator = try Self.handshake(.initiator, context)
        var responder = try Self.handshake(.responder, context)
        guard let first = initiator.nextOutput() else { return nil }
        var reader = BytesReader(first)
        _ = try responder.receive(&reader)
        guard let second = responder.nextOutput() else { return nil }
        reader = BytesReader(second)
        _ = try initiator.receive(&reader)
        guard let third = initiator.nextOutput() else { return nil }
        return (Bytes(Array(first) + Array(third)), second)
    }

    /// Lets a side read `payload` of a peer that does all else right. False where it neither ends nor fails.
    private static func readPayload(_ payload: Bytes, as role: NoiseRole) throws -> Bool {
        let context = try ChaChaPolyContext()
        let key = try Self.staticKey(of: .initiator)
        var generator = FixedGenerator(seed: 5)
        var side = try Self.handshake(role, context)
        var peer = HandshakeState(
            role: role == .initiator ? .responder : .initiator, prologue: Bytes(), staticKey: key.privateKey,
            staticPublicKey: key.publicKey, ephemeralKey: X25519.PrivateKey(using: &generator))
        while !side.isComplete {
            if let output = side.nextOutput() {
                _ = try peer.readMessage(output[2..<output.count], using: context)
            }
            guard peer.isWriting else { return false }
            let message = try peer.writeMessage(payload: peer.messageIndex == 0 ? Bytes() : payload, using: context)
            guard let length = UInt16(exactly: message.count) else { return true }
            var writer = BytesWriter()
            writer.writeInteger(length)
            writer.write(message)
            var reader = BytesReader(writer.finish())
            _ = try side.receive(&reader)
        }
        let session = side.finish()
        precondition(session.remotePeer == FixedKeys.signer.peerID, "nobody else has signed this static key")
        return true
    }
}
