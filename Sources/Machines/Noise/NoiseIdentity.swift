internal import Bytes
internal import Cryptography
internal import PeerIdentity

/// The proof that a static key belongs to a peer: the peer's identity key has signed it (libp2p noise/README.md, "Static
/// Key Authentication"). Everything that verifies one goes through here.
enum NoiseIdentity {
    /// What the identity key signs.
    static func signedMessage(staticKey: X25519.PublicKey) -> Bytes {
        Bytes(Array("noise-libp2p-static-key:".utf8) + Array(staticKey.bytes))
    }

    /// The identity key of the peer that sent `payload` and `staticKey`.
    ///
    /// A peer that is not the expected one is told from a forger before the signature costs its 40 us; one that is among
    /// `verifiedKeys` costs nothing.
    static func verify(
        _ payload: NoiseHandshakePayload, staticKey: X25519.PublicKey, expectedPeer: PeerID?,
        verifiedKeys: VerifiedStaticKeys?
    ) throws(NoiseError) -> PublicKey {
        if let key = verifiedKeys?.identityKey(of: payload, staticKey: staticKey) {
            try Self.check(key, expectedPeer)
            return key
        }
        let key: PublicKey
        do {
            key = try PublicKey(protobuf: payload.identityKey)
        } catch {
            throw .invalidIdentityKey(error)
        }
        try Self.check(key, expectedPeer)
        let isSigned = key.verify(signature: payload.signature, of: Self.signedMessage(staticKey: staticKey))
        guard Defence.noiseSignature.holds(isSigned) else {
            throw .invalidSignature
        }
        verifiedKeys?.insert(key, of: payload, staticKey: staticKey)
        return key
    }

    private static func check(_ key: PublicKey, _ expectedPeer: PeerID?) throws(NoiseError) {
        guard let expectedPeer, key.peerID != expectedPeer, Defence.expectedPeer.isOn else { return }
        throw .peerMismatch(expected: expectedPeer, actual: key.peerID)
    }
}
