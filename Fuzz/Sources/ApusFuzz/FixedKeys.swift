import Bytes
import Cryptography
import PeerIdentity

/// A generator whose numbers follow from its seed (SplitMix64): an input means the same in every process.
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The same keys in every process.
enum FixedKeys {
    /// An Ed25519 identity whose seed repeats `byte`.
    static func identity(_ byte: UInt8) -> PrivateKey {
        do {
            return try PrivateKey(ed25519Seed: Bytes(repeatElement(byte, count: 32)))
        } catch {
            preconditionFailure("32 bytes are a seed: \(error)")
        }
    }

    static let signer = Self.identity(1)
    static let other = Self.identity(2)
    static let signerPeer = Self.signer.peerID
    static let otherPeer = Self.other.peerID
}
