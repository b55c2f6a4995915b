public import Bytes

extension P256 {
    /// A key that signs.
    public struct PrivateKey: Sendable {
        /// The ECPrivateKey with the curve and without the point.
        private let encoding: SecretBytes
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
            // OpenSSL computes the point that is left out.
            self.encoding = Self.encoding(of: scalar)
            guard let key = EVPKey.ellipticCurve(privateKey: self.encoding), let point = key.encodedPoint() else {
                throw .libraryFailure(.p256)
            }
            self.key = key
            self.publicKey = try PublicKey(point: point)
        }

        /// Makes a key of the generator's next 32 bytes that are in the range.
        public init(using generator: inout some RandomNumberGenerator) throws(CryptographyError) {
            for _ in 0..<Self.generationAttempts {
                let scalar = SecretBytes(count: P256.scalarSize) { generator.fill($0) }
                guard let key = scalar.withBytes({ try? PrivateKey(scalar: $0) }) else { continue }
                self = key
                return
            }
            throw .libraryFailure(.p256)
        }

        /// The ECPrivateKey in DER with the curve and the public point: 121 bytes, for a key file.
        public var bytes: Bytes {
            let point = self.publicKey.bytes.suffix(P256.pointSize)
            return self.encoding.withBytes { encoding in
                Bytes([DERReader.sequence, 0x77] + encoding.dropFirst(2) + Self.pointHeader + point)
            }
        }

        /// Signs the SHA-256 digest of `message`: DER of at most 72 bytes, another one each time.
        public func sign(_ message: Bytes) throws(CryptographyError) -> Bytes {
            guard let signature = self.key.sign(message) else { throw .libraryFailure(.p256) }
            return signature
        }

        private static func encoding(of scalar: Bytes) -> SecretBytes {
            SecretBytes(count: Self.header.count + P256.scalarSize + Self.curve.count) { target in
                target.copyBytes(from: Self.header)
                UnsafeMutableRawBufferPointer(rebasing: target[Self.header.count...]).copyBytes(from: scalar)
                UnsafeMutableRawBufferPointer(rebasing: target[(Self.header.count + P256.scalarSize)...])
                    .copyBytes(from: Self.curve)
            }
        }

        private static let curveTag: UInt8 = 0xa0
        private static let pointTag: UInt8 = 0xa1
        /// A sequence of 49 bytes without the point, version 1, and 32 bytes for the scalar.
        private static let header: [UInt8] = [DERReader.sequence, 0x31, 0x02, 0x01, 0x01, DERReader.octetString, 0x20]
        private static let curve: [UInt8] = [curveTag, 0x0a] + P256.curveIdentifier
        private static let pointHeader: [UInt8] = [pointTag, 0x44, DERReader.bitString, 0x42, 0x00]
        /// One draw in 2^32 is out of range; a broken generator must not hang its caller.
        private static let generationAttempts = 16
        /// The order of the curve's group (FIPS 186-4, section D.1.2.3).
        private static let order: [UInt8] = [
            0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
    }
}
