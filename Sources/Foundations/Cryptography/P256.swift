public import Bytes

/// ECDSA over P-256 and SHA-256 (FIPS 186-4), which libp2p calls ECDSA (libp2p peer-ids, "ECDSA").
public enum P256 {
    /// Bytes in a public key: a SubjectPublicKeyInfo with an uncompressed point (RFC 5480).
    public static let publicKeySize = 91
    /// The most bytes that a signature in DER has.
    public static let maximumSignatureSize = 72
    /// The most bytes of a private key's encoding that are read; one with all its optional parts has 121.
    public static let maximumPrivateKeySize = 256

    static let scalarSize = 32
    static let pointSize = 65
    /// The object identifier of prime256v1 as an element: 1.2.840.10045.3.1.7.
    static let curveIdentifier: [UInt8] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
    /// All of a SubjectPublicKeyInfo before the point; its lengths leave room for 65 bytes alone.
    private static let publicKeyPrefix: [UInt8] =
        [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
        + curveIdentifier + [0x03, 0x42, 0x00]

    /// The public half of a key.
    public struct PublicKey: Sendable {
        /// The SubjectPublicKeyInfo in DER: 91 bytes.
        public let bytes: Bytes
        private let key: EVPKey

        /// Reads a SubjectPublicKeyInfo in DER whose point is uncompressed, as go-libp2p demands, and on the curve.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count == P256.publicKeySize, bytes.starts(with: P256.publicKeyPrefix) else {
                throw .malformedKey(.p256)
            }
            try self.init(point: bytes[P256.publicKeyPrefix.count..<bytes.count])
        }

        init(point: Bytes) throws(CryptographyError) {
            guard point.count == P256.pointSize, point.first == 4 else { throw .malformedKey(.p256) }
            guard let key = EVPKey.p256(point: point) else { throw .malformedKey(.p256) }
            self.key = key
            self.bytes = Bytes(P256.publicKeyPrefix + point)
        }

        /// Whether `signature`, in DER, is this key's over the SHA-256 digest of `message`.
        public func verify(signature: Bytes, of message: Bytes) -> Bool {
            signature.count <= P256.maximumSignatureSize && self.key.verify(signature: signature, of: message)
        }
    }
}

extension P256.PublicKey: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.bytes) }
}
