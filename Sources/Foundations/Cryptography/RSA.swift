public import Bytes

/// RSA signatures with PKCS #1 v1.5 padding over SHA-256 (RFC 8017, section 8.2; libp2p peer-ids, "RSA").
public enum RSA {
    /// The sizes of a modulus that are accepted, in bits, which are those of go-libp2p and rust-libp2p: smaller ones are
    /// weak, and larger ones would let a peer buy seconds of our time with one message.
    public static let modulusBits = 2048...8192
    /// The largest public exponent that is accepted, as in go-libp2p; verifying takes time in proportion to its length.
    public static let maximumExponent: UInt32 = (1 << 31) - 1
    /// The most bytes in a public key's SubjectPublicKeyInfo: a modulus of 8192 bits, an exponent of 31 and the frame.
    public static let maximumPublicKeySize = 1063
    /// The most bytes in a private key's RSAPrivateKey: twice a modulus and five numbers of half its length, with room.
    public static let maximumPrivateKeySize = 5 * 1024

    /// The algorithm identifier of rsaEncryption as an element (RFC 8017, section A.1).
    private static let algorithm: [UInt8] = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]

    /// The public half of a key.
    public struct PublicKey: Sendable {
        /// The SubjectPublicKeyInfo in DER.
        public let bytes: Bytes
        /// Bytes in the modulus and in every signature.
        public let signatureSize: Int
        private let key: EVPKey

        /// Reads a SubjectPublicKeyInfo in DER (RFC 5280, section 4.1; RFC 8017, section A.1.1).
        ///
        /// The sizes are checked on the encoding, before any arithmetic with the numbers.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            var outer = DERReader(bytes)
            guard var info = outer.sequence(), outer.isAtEnd,
                info.element(DERReader.sequence) == Bytes(RSA.algorithm)[2..<RSA.algorithm.count],
                let content = info.bitString(), info.isAtEnd
            else { throw .malformedKey(.rsa) }
            var frame = DERReader(content)
            guard var key = frame.sequence(), frame.isAtEnd, let modulus = key.unsignedInteger(),
                let exponent = key.unsignedInteger(), key.isAtEnd
            else { throw .malformedKey(.rsa) }
            try self.init(modulus: modulus, exponent: exponent)
        }

        init(modulus: Bytes, exponent: Bytes) throws(CryptographyError) {
            try RSA.check(modulus: modulus, exponent: exponent)
            guard let key = EVPKey.rsa(modulus: modulus, exponent: exponent) else { throw .libraryFailure(.rsa) }
            self.key = key
            self.signatureSize = modulus.count
            let numbers = DERWriter.unsignedInteger(modulus) + DERWriter.unsignedInteger(exponent)
            let content = DERWriter.element(DERReader.sequence, numbers)
            let bitString = DERWriter.element(DERReader.bitString, [0] + content)
            self.bytes = Bytes(DERWriter.element(DERReader.sequence, RSA.algorithm + bitString))
        }

        /// Whether `signature` is this key's over the SHA-256 digest of `message`.
        public func verify(signature: Bytes, of message: Bytes) -> Bool {
            signature.count == self.signatureSize && self.key.verify(signature: signature, of: message)
        }
    }

    /// Throws unless both numbers, big-endian without leading zeros, are odd and in their ranges.
    static func check(modulus: Bytes, exponent: Bytes) throws(CryptographyError) {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard Defence.rsaModulus.holds(Self.modulusBits.contains(bits)) else {
            throw .unacceptableModulus(bits: bits)
        }
        guard exponent.count <= 4 else { throw .malformedKey(.rsa) }
        let value = exponent.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        guard value >= 3, value <= Self.maximumExponent, value & 1 == 1, modulus.last.map({ $0 & 1 }) == 1 else {
            throw .malformedKey(.rsa)
        }
    }
}

extension RSA.PublicKey: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.bytes) }
}
