public import Bytes
internal import CSecp256k1

/// ECDSA over secp256k1 and SHA-256, as libp2p and Bitcoin use it (SEC 1, section 4.1; libp2p peer-ids, "Secp256k1").
public enum Secp256k1 {
    /// Bytes in a private key.
    public static let privateKeySize = 32
    /// Bytes in a public key as it is written.
    public static let compressedKeySize = 33
    /// Bytes in a public key with both coordinates.
    public static let uncompressedKeySize = 65
    /// The most bytes that a signature in DER has.
    public static let maximumSignatureSize = 72

    /// The public half of a key.
    public struct PublicKey: Sendable {
        /// The compressed point: 33 bytes.
        public let bytes: Bytes
        private let point: secp256k1_pubkey

        /// Reads a compressed or an uncompressed point (SEC 1, section 2.3.4), of 33 or 65 bytes.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count == Secp256k1.compressedKeySize || bytes.count == Secp256k1.uncompressedKeySize else {
                throw .malformedKey(.secp256k1)
            }
            var point = secp256k1_pubkey()
            let isPoint = bytes.withCPointer { bytes, count in
                secp256k1_ec_pubkey_parse(Secp256k1.context.value, &point, bytes, count) == 1
            }
            guard isPoint else { throw .malformedKey(.secp256k1) }
            self.init(point: point)
        }

        fileprivate init(point: secp256k1_pubkey) {
            self.point = point
            self.bytes = Bytes(unsafeUninitializedCapacity: Secp256k1.compressedKeySize) { target in
                var count = Secp256k1.compressedKeySize
                withUnsafePointer(to: point) { point in
                    _ = secp256k1_ec_pubkey_serialize(
                        Secp256k1.context.value, target.cPointer, &count, point, UInt32(SECP256K1_EC_COMPRESSED))
                }
                return count
            }
        }

        /// Whether `signature`, in DER, is this key's over the SHA-256 digest of `message`.
        ///
        /// A signature whose second number is in the upper half of its range is accepted, as go-libp2p does: not every
        /// signer normalizes. Two signatures can therefore stand for the same statement.
        public func verify(signature: Bytes, of message: Bytes) -> Bool {
            guard signature.count <= Secp256k1.maximumSignatureSize else { return false }
            var parsed = secp256k1_ecdsa_signature()
            let isSignature = signature.withCPointer { signature, count in
                secp256k1_ecdsa_signature_parse_der(Secp256k1.context.value, &parsed, signature, count) == 1
            }
            guard isSignature else { return false }
            // The library verifies signatures of the lower half alone.
            var normalized = secp256k1_ecdsa_signature()
            secp256k1_ecdsa_signature_normalize(Secp256k1.context.value, &normalized, &parsed)
            return SHA256.hash(message).withCPointer { digest, _ in
                withUnsafePointer(to: self.point) { point in
                    secp256k1_ecdsa_verify(Secp256k1.context.value, &normalized, digest, point) == 1
                }
            }
        }
    }

    /// A key that signs.
    public struct PrivateKey: Sendable {
        private let secret: SecretBytes
        public let publicKey: PublicKey

        /// Reads 32 bytes, a big-endian number from 1 to the curve's order less one.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count == Secp256k1.privateKeySize else { throw .malformedKey(.secp256k1) }
            try self.init(SecretBytes(copying: bytes))
        }

        private init(_ secret: SecretBytes) throws(CryptographyError) {
            self.secret = secret
            var point = secp256k1_pubkey()
            // This fails for zero and for numbers from the order on.
            let isInRange = secret.withCPointer { secret in
                secp256k1_ec_pubkey_create(Secp256k1.context.value, &point, secret) == 1
            }
            guard isInRange else { throw .malformedKey(.secp256k1) }
            self.publicKey = PublicKey(point: point)
        }

        /// Makes a key of the generator's next 32 bytes that are in the range.
        public init(using generator: inout some RandomNumberGenerator) throws(CryptographyError) {
            for _ in 0..<Secp256k1.generationAttempts {
                let secret = SecretBytes(count: Secp256k1.privateKeySize) { generator.fill($0) }
                guard let key = try? PrivateKey(secret) else { continue }
                self = key
                return
            }
            throw .libraryFailure(.secp256k1)
        }

        /// The number: 32 bytes, for a key file.
        public var bytes: Bytes { self.secret.copy() }

        /// Signs the SHA-256 digest of `message`: DER of at most 72 bytes, the same for the same message (RFC 6979), with
        /// the second number in the lower half of its range as some verifiers demand (BIP 62).
        public func sign(_ message: Bytes) throws(CryptographyError) -> Bytes {
            var signature = secp256k1_ecdsa_signature()
            let isSigned = SHA256.hash(message).withCPointer { digest, _ in
                self.secret.withCPointer { secret in
                    secp256k1_ecdsa_sign(Secp256k1.context.value, &signature, digest, secret, nil, nil) == 1
                }
            }
            guard isSigned else { throw .libraryFailure(.secp256k1) }
            return Bytes(unsafeUninitializedCapacity: Secp256k1.maximumSignatureSize) { target in
                var count = target.count
                _ = secp256k1_ecdsa_signature_serialize_der(
                    Secp256k1.context.value, target.cPointer, &count, &signature)
                return count
            }
        }
    }

    /// Of a sound generator's draws, one in 2^128 is out of range; a broken one must not hang its caller.
    private static let generationAttempts = 8
}

extension Secp256k1.PublicKey: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.bytes) }
}
