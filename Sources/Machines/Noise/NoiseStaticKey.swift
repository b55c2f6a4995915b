internal import Bytes
public import Cryptography
public import PeerIdentity

/// A node's X25519 key with its identity's signature, made once and used for every handshake (libp2p noise/README.md,
/// "Static Key Authentication").
///
/// It is never stored: a new one costs two signatures' time, and an old one on a disk is only a risk.
public struct NoiseStaticKey: Sendable {
    let privateKey: X25519.PrivateKey
    /// What peers receive as this node's static key.
    public let publicKey: X25519.PublicKey
    /// The protobuf of the identity's public key.
    let identityKey: Bytes
    let signature: Bytes

    /// Makes a key of the generator's bytes and signs it; it throws where the identity cannot sign.
    public init(identity: PrivateKey, using generator: inout some RandomNumberGenerator) throws(NoiseError) {
        let privateKey = X25519.PrivateKey(using: &generator)
        let publicKey = privateKey.publicKey
        do {
            let signature = try identity.sign(NoiseIdentity.signedMessage(staticKey: publicKey))
            self.init(privateKey: privateKey, identityKey: identity.publicKey.protobuf, signature: signature)
        } catch {
            throw .signingFailed(error)
        }
    }

    init(privateKey: X25519.PrivateKey, identityKey: Bytes, signature: Bytes) {
        self.privateKey = privateKey
        self.publicKey = privateKey.publicKey
        self.identityKey = identityKey
        self.signature = signature
    }
}
