public import Bytes

extension P256 {
    /// A key that signs.
    public struct PrivateKey: Sendable {
        private let scalar: SecretBytes
        private let key: EVPKey
        public let publicKey: PublicKey

        /// Reads an ECPrivateKey in DER (SEC 1, section C.4; RFC 5915), as go-libp2p and rust-libp2p write it.
        ///
        /// The curve may be left out, and the public point too; the one that is there must be the scalar's.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count <= P256.maximumPrivateKeySize else { throw .malformedKey(.p256) }
            var outer = DERReader(bytes)
            guard var key = outer.sequence(), outer.isAtEnd, key.unsignedInteger() == [1],
                let scalar = key.element(DERReader.octetString)
            else { throw .malformedKey(.p256) }
            if let curve = key.element(Self.curveTag) {
                guard curve == Bytes(P256.curveIdentifier) else { throw .malformedKey(.p256) }
            }
            var point: Bytes?
            if var content = key.element(Self.pointTag).map(DERReader.init) {
                point = content.bitString()
                guard point != nil, content.isAtEnd else { throw .malformedKey(.p256) }
            }
            guard key.isAtEnd else { throw .malformedKey(.p256) }
            try self.init(scalar: scalar)
            if let point {
                guard try PublicKey(point: point) == self.publicKey else { throw .mismatchedPublicKey(.p256) }
            }
        }

        /// Makes the key of a big-endian number from 1 to the curve's order less one, of 32 bytes.
        public init(scalar: Bytes) throws(CryptographyError) {
            guard scalar.count == P256.scalarSize, scalar.contains(where: { $0 != 0 }),
                scalar.lexicographicallyPrecedes(Self.order)
            else { throw .malformedKey(.p256) }
            self.scalar = SecretBytes(copying: scalar)
            // OpenSSL computes the point that is left out here.
            let encoding = SecretBytes(copying: Bytes(Self.encoding(scalar: scalar, point: nil)))
            guard let key = EVPKey.ellipticCurve(privateKey: encoding), let point = key.encodedPoint() else {
                throw .libraryFailure(.p256)
            }
            self.key = key
            self.publicKey = try PublicKey(point: point)
        }

        /// Makes a key of the generator's next 32 bytes that are in the range.
        public init(using generator: inout some RandomNumberGenerator) throws(CryptographyError) {
            for _ in 0..<Self.generationAttempts {
                if let key = try? PrivateKey(scalar: generator.bytes(P256.scalarSize)) {
                    self = key
                    return
                }
            }
            throw .libraryFailure(.p256)
        }

        /// The ECPrivateKey in DER with the curve and the public point: 121 bytes, for a key file.
        public var bytes: Bytes {
            let point = self.publicKey.bytes.suffix(P256.pointSize)
            return Bytes(Self.encoding(scalar: self.scalar.copy(0..<P256.scalarSize), point: point))
        }

        /// Signs the SHA-256 digest of `message`: DER of at most 72 bytes, another one each time.
        public func sign(_ message: Bytes) throws(CryptographyError) -> Bytes {
            guard let signature = self.key.sign(message) else { throw .libraryFailure(.p256) }
            return signature
        }

        private static func encoding(scalar: Bytes, point: Bytes?) -> [UInt8] {
            var content: [UInt8] = DERWriter.unsignedInteger([1])
            content += DERWriter.element(DERReader.octetString, scalar)
            content += DERWriter.element(Self.curveTag, P256.curveIdentifier)
            if let point {
                content += DERWriter.element(Self.pointTag, DERWriter.element(DERReader.bitString, [0] + point))
            }
            return DERWriter.element(DERReader.sequence, content)
        }

        private static let curveTag: UInt8 = 0xa0
        private static let pointTag: UInt8 = 0xa1
        /// One draw in 2^32 is out of range; a broken generator must not hang its caller.
        private static let generationAttempts = 16
        /// The order of the curve's group (FIPS 186-4, section D.1.2.3).
        private static let order: [UInt8] = [
            0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
    }
}
