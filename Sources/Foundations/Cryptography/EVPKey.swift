internal import Bytes
internal import COpenSSL

/// A key in OpenSSL's form, freed with its last holder; OpenSSL overwrites private numbers as it frees them.
///
/// After its creation a key is only read, which OpenSSL allows on several threads at once.
final class EVPKey: Sendable {
    private let key: UncheckedSendable<OpaquePointer>

    /// Takes over a key that the caller owns.
    private init(owning key: OpaquePointer) {
        self.key = UncheckedSendable(key)
    }

    deinit { EVP_PKEY_free(self.key.value) }

    /// Lets `body` use the key, which must not be freed before it returns.
    private func withKey<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(self.key.value) }
    }

    /// The public RSA key of these numbers, big-endian.
    static func rsa(modulus: Bytes, exponent: Bytes) -> EVPKey? {
        let modulus = modulus.withCPointer { BN_bin2bn($0, Int32($1), nil) }
        let exponent = exponent.withCPointer { BN_bin2bn($0, Int32($1), nil) }
        defer {
            BN_free(modulus)
            BN_free(exponent)
        }
        return Self.publicKey(type: EVP_PKEY_RSA) { builder in
            COpenSSL_push_rsa_public_key(builder, modulus, exponent) == 1
        }
    }

    /// The public P-256 key of this point, or nil where it is not on the curve.
    static func p256(point: Bytes) -> EVPKey? {
        point.withCPointer { point, count in
            Self.publicKey(type: EVP_PKEY_EC) { builder in
                COpenSSL_push_p256_public_key(builder, point, count) == 1
            }
        }
    }

    /// Reads an RSAPrivateKey (PKCS #1).
    static func rsa(privateKey encoding: SecretBytes) -> EVPKey? {
        Self.privateKey(type: EVP_PKEY_RSA, encoding)
    }

    /// Reads an ECPrivateKey (SEC 1) that names its curve; a point that is left out is computed.
    static func ellipticCurve(privateKey encoding: SecretBytes) -> EVPKey? {
        Self.privateKey(type: EVP_PKEY_EC, encoding)
    }

    /// A public key with the parameters that `describe` adds to its builder.
    ///
    /// This way costs 5 us for RSA and 22 us for P-256; OpenSSL's decoder of encoded keys costs 100.
    private static func publicKey(type: Int32, _ describe: (OpaquePointer) -> Bool) -> EVPKey? {
        guard let builder = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(builder) }
        guard describe(builder), let parameters = OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_id(type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, COpenSSL_public_key_selection, parameters) == 1, let key
        else {
            ERR_clear_error()
            return nil
        }
        return EVPKey(owning: key)
    }

    private static func privateKey(type: Int32, _ encoding: SecretBytes) -> EVPKey? {
        let key = encoding.withUnsafeBytes { encoding in
            var cursor: UnsafePointer<UInt8>? = encoding.cPointer
            return d2i_PrivateKey(type, nil, &cursor, encoding.count)
        }
        guard let key else {
            ERR_clear_error()
            return nil
        }
        return EVPKey(owning: key)
    }

    /// Makes an RSA key with OpenSSL's own randomness, which takes a tenth of a second to many seconds.
    static func generateRSA(bits: Int) -> EVPKey? {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else {
            ERR_clear_error()
            return nil
        }
        return EVPKey(owning: key)
    }

    /// The traditional encoding of a private key.
    func encodedPrivateKey() -> SecretBytes? {
        self.withKey { key in
            let count = i2d_PrivateKey(key, nil)
            guard count > 0 else { return nil }
            var written: Int32 = 0
            let encoding = SecretBytes(count: Int(count)) { target in
                var cursor: UnsafeMutablePointer<UInt8>? = target.cPointer
                written = i2d_PrivateKey(key, &cursor)
            }
            return written == count ? encoding : nil
        }
    }

    /// The uncompressed point of an elliptic-curve key.
    func encodedPoint() -> Bytes? {
        var point: UnsafeMutablePointer<UInt8>?
        let count = self.withKey { EVP_PKEY_get1_encoded_public_key($0, &point) }
        guard count > 0, let point else { return nil }
        defer { CRYPTO_free(point, #fileID, #line) }
        return Bytes(copying: UnsafeRawBufferPointer(start: point, count: count))
    }

    /// Signs the SHA-256 digest of `message` with the default padding of the key's type.
    func sign(_ message: Bytes) -> Bytes? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        return self.withKey { key in
            var count = Int(EVP_PKEY_get_size(key))
            var isSigned = false
            let signature = Bytes(unsafeUninitializedCapacity: count) { target in
                isSigned = message.withCPointer { message, messageCount in
                    EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1
                        && EVP_DigestSign(context, target.cPointer, &count, message, messageCount) == 1
                }
                return isSigned ? count : 0
            }
            if !isSigned { ERR_clear_error() }
            return isSigned ? signature : nil
        }
    }

    /// Whether `signature` is this key's over the SHA-256 digest of `message`.
    func verify(signature: Bytes, of message: Bytes) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let isValid = self.withKey { key in
            signature.withCPointer { signature, signatureCount in
                message.withCPointer { message, count in
                    EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
                        && EVP_DigestVerify(context, signature, signatureCount, message, count) == 1
                }
            }
        }
        // A refused signature leaves its reason in this thread's error queue, where later calls would find it.
        if !isValid { ERR_clear_error() }
        return isValid
    }
}
