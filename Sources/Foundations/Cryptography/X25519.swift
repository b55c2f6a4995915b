public import Bytes
internal import CSodium

/// Diffie-Hellman on Curve25519 (RFC 7748, section 5), with libsodium.
public enum X25519 {
    /// Bytes in a public key, a private key and a shared secret.
    public static let keySize = 32

    /// A point that a peer sends; every 32 bytes are one.
    public struct PublicKey: Hashable, Sendable {
        /// The encoded point: 32 bytes.
        public let bytes: Bytes

        /// Takes the 32 bytes of a point, or answers nil where there are more or fewer.
        public init?(_ bytes: Bytes) {
            guard bytes.count == X25519.keySize else { return nil }
            self.bytes = bytes.compacted()
        }

        fileprivate init(of secret: SecretBytes) {
            Sodium.start()
            self.bytes = Bytes(unsafeUninitializedCapacity: X25519.keySize) { output in
                let result = secret.withCPointer { crypto_scalarmult_curve25519_base(output.cPointer, $0) }
                precondition(result == 0, "libsodium could not multiply the base point")
                return X25519.keySize
            }
        }
    }

    /// A scalar, overwritten when its last holder lets go of it.
    public struct PrivateKey: Sendable {
        private let secret: SecretBytes

        /// Makes a key of the generator's next 32 bytes.
        public init(using generator: inout some RandomNumberGenerator) {
            self.secret = SecretBytes(count: X25519.keySize) { generator.fill($0) }
        }

        /// Takes the 32 bytes of a scalar, or answers nil where there are more or fewer.
        public init?(_ bytes: Bytes) {
            guard bytes.count == X25519.keySize else { return nil }
            self.secret = SecretBytes(copying: bytes)
        }

        /// The point that belongs to the scalar, computed at each call (26 us).
        public var publicKey: PublicKey { PublicKey(of: self.secret) }

        /// Writes the 32 bytes of the secret shared with the owner of `peer` to `output`.
        ///
        /// It answers false for a point of small order, with which anyone knows the result to be zero (RFC 7748,
        /// section 6.1); then `output` must not be used.
        public func sharedSecret(with peer: PublicKey, into output: UnsafeMutableRawBufferPointer) -> Bool {
            precondition(output.count >= X25519.keySize, "a shared secret has 32 bytes")
            Sodium.start()
            return self.secret.withCPointer { secret in
                peer.bytes.withCPointer { point, _ in
                    crypto_scalarmult_curve25519(output.cPointer, secret, point) == 0
                }
            }
        }
    }
}
