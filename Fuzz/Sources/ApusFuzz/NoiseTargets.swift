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

    /// The input as the payload that a peer seals: a mutated message never gets past its tag. The first byte says which
    /// side reads it. A payload that is accepted is read once more in a whole handshake.
    static let noisePayload = FuzzTarget(name: "noise-payload") { input in
        guard let first = input.first else { return }
        let payload = input[1..<input.count]
        let role: NoiseRole = first & 1 == 0 ? .responder : .initiator
        do throws(NoiseError) {
            try readPayload(payload, as: role)
        } catch {
            _ = error.description
            return
        }
        precondition((try? shakeHands(payload, as: role)) != nil, "an accepted payload ends a handshake")
    } seeds: {
        let key = NoiseFixture.initiatorKey
        return [[], ["/yamux/1.0.0"], ["/mplex/6.7.0", "/yamux/1.0.0"]].flatMap { muxers in
            let payload = NoiseHandshakePayload(
                identityKey: key.identityKey, signature: key.signature, streamMuxers: muxers)
            // The peer has the initiator's static key in both roles, so that its signature holds.
            return [Bytes([0] + Array(payload.bytes)), Bytes([1] + Array(payload.bytes))]
        }
    }

    private static func receive(_ input: Bytes, as role: NoiseRole) {
        var handshake = NoiseFixture.handshake(role)
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
            _ = try? session.receiving.open(
                UnsafeRawBufferPointer(memory), into: base, using: NoiseFixture.loop.context)
        }
    }

    /// What both sides of an honest handshake send.
    private static func exchangeOfBytes() throws -> (fromInitiator: Bytes, fromResponder: Bytes)? {
        var initiator = NoiseFixture.handshake(.initiator)
        var responder = NoiseFixture.handshake(.responder)
        guard let first = initiator.nextOutput() else { return nil }
        var reader = BytesReader(first)
        _ = try responder.receive(&reader)
        guard let second = responder.nextOutput() else { return nil }
        reader = BytesReader(second)
        _ = try initiator.receive(&reader)
        guard let third = initiator.nextOutput() else { return nil }
        return (Bytes(Array(first) + Array(third)), second)
    }

    /// Reads a payload as a handshake does when the message around it was opened.
    private static func readPayload(_ bytes: Bytes, as role: NoiseRole) throws(NoiseError) {
        let payload = try NoiseHandshakePayload(bytes)
        let key = try NoiseIdentity.verify(
            payload, staticKey: NoiseFixture.initiatorKey.publicKey, expectedPeer: nil,
            verifiedKeys: NoiseFixture.loop.verifiedKeys)
        precondition(key == FixedKeys.signer.publicKey, "nobody else has signed this static key")
        _ = try StreamMuxerAgreement.agree(role: role, ours: ["/yamux/1.0.0"], theirs: payload.streamMuxers)
    }

    /// Lets a side read `payload` of a peer that does all else right.
    private static func shakeHands(_ payload: Bytes, as role: NoiseRole) throws {
        let key = NoiseFixture.initiatorKey
        let context = NoiseFixture.loop.context
        var generator = FixedGenerator(seed: 5)
        var side = NoiseFixture.handshake(role)
        var peer = HandshakeState(
            role: role == .initiator ? .responder : .initiator, prologue: Bytes(), staticKey: key.privateKey,
            staticPublicKey: key.publicKey, ephemeralKey: X25519.PrivateKey(using: &generator))
        while !side.isComplete {
            if let output = side.nextOutput() {
                _ = try peer.readMessage(output[2..<output.count], using: context)
            }
            precondition(peer.isWriting, "a handshake that fails says why")
            let message = try peer.writeMessage(payload: peer.messageIndex == 0 ? Bytes() : payload, using: context)
            var writer = BytesWriter()
            writer.writeInteger(UInt16(clamping: message.count))
            writer.write(message)
            var reader = BytesReader(writer.finish())
            _ = try side.receive(&reader)
        }
        let session = side.finish()
        precondition(session.remotePeer == FixedKeys.signerPeer, "nobody else has signed this static key")
    }
}
