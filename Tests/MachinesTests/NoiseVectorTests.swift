import Bytes
import Cryptography
import Testing

@testable import Noise

@Suite struct NoiseVectorTests {
    private let context: ChaChaPolyContext

    init() throws { self.context = try ChaChaPolyContext() }

    @Test(arguments: NoiseVector.all)
    func `a published handshake is written and read byte for byte`(vector: NoiseVector) throws {
        var initiator = try vector.state(.initiator)
        var responder = try vector.state(.responder)
        for (index, expected) in vector.messages.prefix(3).enumerated() {
            let payload = try bytes(hex: expected.payload)
            let message: Bytes
            let read: Bytes
            if index == 1 {
                message = try responder.writeMessage(payload: payload, using: self.context)
                read = try initiator.readMessage(message, using: self.context)
            } else {
                message = try initiator.writeMessage(payload: payload, using: self.context)
                read = try responder.readMessage(message, using: self.context)
            }
            #expect(message.hex == expected.message)
            #expect(read == payload)
        }
        let hashes = [initiator.transcriptHash.hex, responder.transcriptHash.hex]
        #expect(hashes[0] == hashes[1])
        if let hash = vector.handshakeHash { #expect(hashes[0] == hash) }
        let remoteKeys = [responder.remoteStaticKey, initiator.remoteStaticKey]
        #expect(try remoteKeys[0] == privateKey(hex: vector.initiatorStatic).publicKey)
        #expect(try remoteKeys[1] == privateKey(hex: vector.responderStatic).publicKey)

        var sender = initiator.split()
        var receiver = responder.split()
        for (index, expected) in vector.messages.dropFirst(3).enumerated() {
            let payload = try bytes(hex: expected.payload)
            if index.isMultiple(of: 2) {
                let message = try sender.fromResponder.sealed(payload, using: self.context)
                #expect(message.hex == expected.message)
                #expect(try receiver.fromResponder.opened(message, using: self.context) == payload)
            } else {
                let message = try sender.fromInitiator.sealed(payload, using: self.context)
                #expect(message.hex == expected.message)
                #expect(try receiver.fromInitiator.opened(message, using: self.context) == payload)
            }
        }
    }
}

func bytes(hex: String) throws -> Bytes { try #require(Bytes(hex: hex)) }

func privateKey(hex: String) throws -> X25519.PrivateKey {
    let scalar = try bytes(hex: hex)
    return try #require(X25519.PrivateKey(scalar))
}

extension NoiseVector {
    func state(_ role: NoiseRole) throws -> HandshakeState {
        let keys =
            role == .initiator
            ? (self.initiatorStatic, self.initiatorEphemeral) : (self.responderStatic, self.responderEphemeral)
        let staticKey = try privateKey(hex: keys.0)
        return HandshakeState(
            role: role, prologue: try bytes(hex: self.prologue), staticKey: staticKey,
            staticPublicKey: staticKey.publicKey, ephemeralKey: try privateKey(hex: keys.1))
    }
}

extension NoiseCipherState {
    mutating func sealed(_ plaintext: Bytes, using context: ChaChaPolyContext) throws(NoiseError) -> Bytes {
        try Bytes(unsafeUninitializedCapacity: plaintext.count + 16) { output throws(NoiseError) in
            try plaintext.withUnsafeBytes { plaintext throws(NoiseError) in
                guard let base = output.baseAddress else { return }
                try self.seal(plaintext, into: base, using: context)
            }
            return output.count
        }
    }

    mutating func opened(_ message: Bytes, using context: ChaChaPolyContext) throws(NoiseError) -> Bytes {
        try Bytes(unsafeUninitializedCapacity: max(message.count, 1)) { output throws(NoiseError) in
            try message.withUnsafeBytes { message throws(NoiseError) in
                guard let base = output.baseAddress else { return }
                try self.open(message, into: base, using: context)
            }
            return message.count - 16
        }
    }
}
