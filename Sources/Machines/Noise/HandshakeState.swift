internal import Bytes
internal import Cryptography

/// The XX pattern of the Noise protocol framework over X25519, ChaCha20-Poly1305 and SHA-256, with payloads as they come
/// (Noise, section 5.3; the pattern in section 7.5).
struct HandshakeState: ~Copyable {
    private enum Token { case e, s, ee, es, se }

    /// XX: both static keys are sent, the initiator's last.
    private static let pattern: [[Token]] = [[.e], [.e, .ee, .s, .es], [.s, .se]]

    private let role: NoiseRole
    private let symmetric = SymmetricState(protocolName: "Noise_XX_25519_ChaChaPoly_SHA256")
    private let staticKey: X25519.PrivateKey
    private let staticPublicKey: X25519.PublicKey
    private let ephemeralKey: X25519.PrivateKey
    private var remoteEphemeralKey: X25519.PublicKey?
    /// The peer's static key, once its message brought it.
    private(set) var remoteStaticKey: X25519.PublicKey?
    /// The message that is written or read next, 0 to 2, or 3 at the end.
    private(set) var messageIndex = 0

    init(
        role: NoiseRole, prologue: Bytes, staticKey: X25519.PrivateKey, staticPublicKey: X25519.PublicKey,
        ephemeralKey: X25519.PrivateKey
    ) {
        self.role = role
        self.staticKey = staticKey
        self.staticPublicKey = staticPublicKey
        self.ephemeralKey = ephemeralKey
        prologue.withUnsafeBytes { self.symmetric.mixHash($0) }
    }

    var isComplete: Bool { self.messageIndex == Self.pattern.count }

    /// Whether the next message is this side's to write.
    var isWriting: Bool { !self.isComplete && self.messageIndex.isMultiple(of: 2) == (self.role == .initiator) }

    /// The fewest bytes that the next message can have: its keys and tags around an empty payload.
    var minimumMessageSize: Int { [32, 96, 64][min(self.messageIndex, 2)] }

    var transcriptHash: Bytes { self.symmetric.transcriptHash }

    mutating func writeMessage(payload: Bytes, using context: ChaChaPolyContext) throws(NoiseError) -> Bytes {
        precondition(self.isWriting, "it is the peer's turn")
        var message = BytesWriter()
        for token in Self.pattern[self.messageIndex] {
            switch token {
            case .e:
                let key = self.ephemeralKey.publicKey.bytes
                key.withUnsafeBytes { self.symmetric.mixHash($0) }
                message.write(key)
            case .s:
                message.write(self.symmetric.encryptAndHash(self.staticPublicKey.bytes, using: context))
            case .ee, .es, .se:
                try self.mixKey(token)
            }
        }
        message.write(self.symmetric.encryptAndHash(payload, using: context))
        self.messageIndex += 1
        return message.finish()
    }

    /// Reads the peer's message and returns its payload.
    mutating func readMessage(_ message: Bytes, using context: ChaChaPolyContext) throws(NoiseError) -> Bytes {
        precondition(!self.isWriting && !self.isComplete, "it is this side's turn")
        let number = self.messageIndex + 1
        var reader = BytesReader(message)
        for token in Self.pattern[self.messageIndex] {
            switch token {
            case .e:
                let key = try Self.readKey(&reader, count: X25519.keySize, number)
                key.withUnsafeBytes { self.symmetric.mixHash($0) }
                self.remoteEphemeralKey = X25519.PublicKey(key)
            case .s:
                let sealed = try Self.readKey(&reader, count: X25519.keySize + self.symmetric.tagSize, number)
                guard let key = self.symmetric.decryptAndHash(sealed, using: context) else {
                    throw .authenticationFailed(message: number)
                }
                self.remoteStaticKey = X25519.PublicKey(key)
            case .ee, .es, .se:
                try self.mixKey(token)
            }
        }
        guard let payload = self.symmetric.decryptAndHash(reader.readRest(), using: context) else {
            throw .authenticationFailed(message: number)
        }
        self.messageIndex += 1
        return payload
    }

    /// The two directions of the session; the handshake is over.
    consuming func split() -> NoiseCipherStates {
        precondition(self.isComplete, "the handshake is not over")
        return self.symmetric.split()
    }

    private static func readKey(
        _ reader: inout BytesReader, count: Int, _ number: Int
    ) throws(NoiseError) -> Bytes {
        do {
            return try reader.readBytes(count)
        } catch {
            throw .messageTooShort(message: number)
        }
    }

    /// Mixes the result of a Diffie-Hellman: the first letter of the token names the initiator's key, the second the
    /// responder's.
    private func mixKey(_ token: Token) throws(NoiseError) {
        let isInitiator = self.role == .initiator
        let isLocalKeyEphemeral = token == .ee || (token == .es) == isInitiator
        let isRemoteKeyEphemeral = token == .ee || (token == .es) != isInitiator
        let localKey = isLocalKeyEphemeral ? self.ephemeralKey : self.staticKey
        guard let remoteKey = isRemoteKeyEphemeral ? self.remoteEphemeralKey : self.remoteStaticKey else {
            preconditionFailure("the pattern names a key before the message that brings it")
        }
        let isShared = withUnsafeTemporaryAllocation(byteCount: X25519.keySize, alignment: 8) { secret in
            defer { wipe(secret) }
            guard localKey.sharedSecret(with: remoteKey, into: secret) else { return false }
            self.symmetric.mixKey(UnsafeRawBufferPointer(secret))
            return true
        }
        guard Defence.noiseWeakKey.holds(isShared) else { throw .weakKey(message: self.messageIndex + 1) }
    }
}
