public import Bytes

extension RSA {
    /// A key that signs.
    public struct PrivateKey: Sendable {
        private let encoding: SecretBytes
        private let key: EVPKey
        public let publicKey: PublicKey

        /// Reads an RSAPrivateKey of two primes in DER (PKCS #1; RFC 8017, section A.1.2).
        ///
        /// A key whose signature its public half does not verify is refused.
        public init(_ bytes: Bytes) throws(CryptographyError) {
            guard bytes.count <= RSA.maximumPrivateKeySize else { throw .malformedKey(.rsa) }
            let publicKey = try Self.publicKey(of: bytes)
            let encoding = SecretBytes(copying: bytes)
            guard let key = EVPKey.rsa(privateKey: encoding) else { throw .malformedKey(.rsa) }
            try self.init(encoding: encoding, key: key, publicKey: publicKey)
        }

        /// Makes a new key with OpenSSL's own randomness, which takes a tenth of a second at 2048 bits and many seconds
        /// at 8192.
        public init(generatingBits bits: Int) throws(CryptographyError) {
            guard RSA.modulusBits.contains(bits) else { throw .unacceptableModulus(bits: bits) }
            guard let key = EVPKey.generateRSA(bits: bits), let encoding = key.encodedPrivateKey() else {
                throw .libraryFailure(.rsa)
            }
            let publicKey = try encoding.withBytes { encoding throws(CryptographyError) in
                try Self.publicKey(of: encoding)
            }
            try self.init(encoding: encoding, key: key, publicKey: publicKey)
        }

        private init(encoding: SecretBytes, key: EVPKey, publicKey: PublicKey) throws(CryptographyError) {
            self.encoding = encoding
            self.key = key
            self.publicKey = publicKey
            let probe = Bytes(utf8: "Does this key belong together?")
            guard let signature = key.sign(probe), publicKey.verify(signature: signature, of: probe) else {
                throw .mismatchedPublicKey(.rsa)
            }
        }

        /// The RSAPrivateKey in DER, for a key file.
        public var bytes: Bytes { self.encoding.copy() }

        /// Signs the SHA-256 digest of `message`: as many bytes as the modulus has, the same for the same message.
        public func sign(_ message: Bytes) throws(CryptographyError) -> Bytes {
            guard let signature = self.key.sign(message) else { throw .libraryFailure(.rsa) }
            return signature
        }

        /// Checks every number's size on the encoding, and answers the public half.
        private static func publicKey(of encoding: Bytes) throws(CryptographyError) -> PublicKey {
            var outer = DERReader(encoding)
            guard var key = outer.sequence(), outer.isAtEnd, key.unsignedInteger() == Bytes(),
                let modulus = key.unsignedInteger(), let exponent = key.unsignedInteger()
            else { throw .malformedKey(.rsa) }
            try RSA.check(modulus: modulus, exponent: exponent)
            // The private exponent, two primes, two exponents and a coefficient.
            for _ in 0..<6 {
                guard let number = key.unsignedInteger(), !number.isEmpty, number.count <= modulus.count else {
                    throw .malformedKey(.rsa)
                }
            }
            guard key.isAtEnd else { throw .malformedKey(.rsa) }
            return try PublicKey(modulus: modulus, exponent: exponent)
        }
    }
}
