/// A signature scheme of this module, for messages.
public enum SignatureScheme: String, Hashable, Sendable {
    case ed25519 = "Ed25519"
    case secp256k1 = "secp256k1"
    case p256 = "P-256"
    case rsa = "RSA"
}

/// Why a cryptographic operation was refused.
///
/// A signature that does not fit is no error: verifying answers false.
public enum CryptographyError: Error, Hashable, Sendable {
    /// A key is not encoded as its scheme demands, or is no point of the curve or no number in the scheme's range.
    case malformedKey(SignatureScheme)
    /// An RSA modulus has fewer or more bits than are accepted.
    case unacceptableModulus(bits: Int)
    /// The public half that comes with a private key belongs to another key.
    case mismatchedPublicKey(SignatureScheme)
    /// The library could not do what it never fails at with enough memory.
    case libraryFailure(SignatureScheme)
    /// OpenSSL is built or configured without a cipher.
    case cipherUnavailable(String)
}

extension CryptographyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformedKey(let scheme): "the \(scheme.rawValue) key is malformed"
        case .unacceptableModulus(let bits):
            "the RSA key has \(bits) bits; \(RSA.modulusBits.lowerBound) to \(RSA.modulusBits.upperBound) are accepted"
        case .mismatchedPublicKey(let scheme):
            "the public half that is stored with the private \(scheme.rawValue) key belongs to another key"
        case .libraryFailure(let scheme): "the \(scheme.rawValue) operation failed in the cryptographic library"
        case .cipherUnavailable(let cipher): "OpenSSL on this machine is built or configured without \(cipher)"
        }
    }
}
