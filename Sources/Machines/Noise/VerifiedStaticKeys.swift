internal import Bytes
internal import Cryptography
internal import PeerIdentity

/// Static keys whose signature was verified before: a peer that comes again with the same one costs 40 us less.
///
/// Implementations keep their static key for as long as they run. The proof is the same bytes that were verified, and that
/// the peer has the static key is what the handshake itself shows. It is confined to one event loop; the keys that came first
/// go first.
public final class VerifiedStaticKeys {
    /// How many are kept where nothing else is said: 1 MiB at most, and about 300 KiB with Ed25519 identities.
    public static let standardLimit = 1_024
    /// A proof is kept where identity key and signature have at most as many bytes: those of RSA keys beyond 3,072 bits
    /// do not.
    public static let largestProof = 896
    /// What one proof holds at most, in bytes, with its place in the tables.
    public static let proofCapacity = 1_024

    private struct Proof {
        let identityKey: Bytes
        let signature: Bytes
        let key: PublicKey
    }

    private let limit: Int
    private var proofs: [X25519.PublicKey: Proof] = [:]
    /// The keys in the order in which they came, as a ring of at most `limit`.
    private var order: [X25519.PublicKey] = []
    private var oldest = 0

    /// What all of them hold at most, in bytes.
    public var capacity: Int { self.limit * Self.proofCapacity }

    /// Keeps at most `limit` keys; with 0 every signature is verified.
    public init(limit: Int = VerifiedStaticKeys.standardLimit) {
        self.limit = max(limit, 0)
    }

    /// The identity key that was proven by the same payload for the same static key, or nil.
    func identityKey(of payload: NoiseHandshakePayload, staticKey: X25519.PublicKey) -> PublicKey? {
        guard let proof = self.proofs[staticKey], proof.identityKey == payload.identityKey,
            proof.signature == payload.signature
        else { return nil }
        return proof.key
    }

    /// Notes what was verified.
    func insert(_ key: PublicKey, of payload: NoiseHandshakePayload, staticKey: X25519.PublicKey) {
        guard self.limit > 0, payload.identityKey.count + payload.signature.count <= Self.largestProof else { return }
        let proof = Proof(
            identityKey: Bytes(copying: payload.identityKey), signature: Bytes(copying: payload.signature), key: key)
        guard self.proofs.updateValue(proof, forKey: staticKey) == nil else { return }
        if self.order.count < self.limit {
            self.order.append(staticKey)
        } else {
            self.proofs[self.order[self.oldest]] = nil
            self.order[self.oldest] = staticKey
            self.oldest = (self.oldest + 1) % self.limit
        }
    }

    /// How many keys are kept.
    var count: Int { self.proofs.count }
}

extension Bytes {
    /// Bytes of their own, which keep no larger memory alive.
    fileprivate init(copying bytes: Bytes) {
        self = bytes.withUnsafeBytes { Bytes(copying: $0) }
    }
}
