public import Bytes
internal import CSodium

/// Ed25519 signatures (RFC 8032, section 5.1).
public enum Ed25519 {
    /// Bytes in a public key.
    public static let publicKeySize = 32
    /// Bytes in the seed that a private key is made from.
    public static let seedSize = 32
    /// Bytes in a signature.
    public static let signatureSize = 64

    /// The public half of a key.
    public struct PublicKey: Hashable, Sendable {
        /// The encoded point: 32 bytes.
        public let bytes: Bytes

        /// Takes 32 bytes; whether they are a point of the curve shows when a signature is verified.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count == Ed25519.publicKeySize else { throw .malformedKey(.ed25519) }
            self.bytes = bytes.compacted()
        }

        /// Whether `signature` is this key's over `message`.
        ///
        /// Keys and points of small order and scalars that are not in canonical form are refused: they let one signature
        /// fit several messages or be changed into another.
        public func verify(signature: Bytes, of message: Bytes) -> Bool {
            guard signature.count == Ed25519.signatureSize else { return false }
            Sodium.start()
            return signature.withCPointer { signature, _ in
                message.withCPointer { message, count in
                    self.bytes.withCPointer { key, _ in
                        crypto_sign_verify_detached(signature, message, UInt64(count), key) == 0
                    }
                }
            }
        }
    }

    /// A key that signs.
    public struct PrivateKey: Sendable {
        /// Bytes in the form of a seed and its public key.
        public static let size = Ed25519.seedSize + Ed25519.publicKeySize

        /// The seed and its public key, which is the form that libsodium signs with.
        private let secret: SecretBytes
        public let publicKey: PublicKey

        /// Makes the key of a 32-byte seed (RFC 8032, section 5.1.5).
        public init(seed: Bytes) throws(CryptographyError) {
            guard seed.count == Ed25519.seedSize else { throw .malformedKey(.ed25519) }
            Sodium.start()
            var publicKey = [UInt8](repeating: 0, count: Ed25519.publicKeySize)
            self.secret = SecretBytes(count: Self.size) { secret in
                _ = seed.withCPointer { seed, _ in crypto_sign_seed_keypair(&publicKey, secret.cPointer, seed) }
            }
            self.publicKey = try PublicKey(Bytes(publicKey))
        }

        /// Reads a seed and its public key, 64 bytes; the two must belong together, because signing with one seed and
        /// two public keys gives the private key away.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count == Self.size else { throw .malformedKey(.ed25519) }
            try self.init(seed: bytes[0..<Ed25519.seedSize])
            guard Defence.ed25519Halves.holds(self.publicKey.bytes == bytes[Ed25519.seedSize..<Self.size]) else {
                throw .mismatchedPublicKey(.ed25519)
            }
        }

        /// Makes a key of the generator's next 32 bytes.
        public init(using generator: inout some RandomNumberGenerator) throws(CryptographyError) {
            let seed = SecretBytes(count: Ed25519.seedSize) { generator.fill($0) }
            self = try seed.withBytes { seed throws(CryptographyError) in try Self(seed: seed) }
        }

        /// The seed and its public key, 64 bytes, for a key file.
        public var bytes: Bytes { self.secret.copy() }

        /// Signs `message`: 64 bytes, the same for the same message.
        public func sign(_ message: Bytes) -> Bytes {
            Bytes(unsafeUninitializedCapacity: Ed25519.signatureSize) { signature in
                self.secret.withCPointer { secret in
                    message.withCPointer { message, count in
                        _ = crypto_sign_detached(signature.cPointer, nil, message, UInt64(count), secret)
                    }
                }
                return Ed25519.signatureSize
            }
        }
    }
}
