/// A function's number in the multicodec table (multiformats/multicodec, `table.csv`, tag "multihash").
public struct MultihashCode: RawRepresentable, Hashable, Sendable {
    /// The number in the table.
    public let rawValue: UInt64

    /// The function with this number, whether or not it is named here.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The digest is the value itself.
    public static let identity = MultihashCode(rawValue: 0x00)
    /// SHA-1 (FIPS 180-4), 20 bytes.
    public static let sha1 = MultihashCode(rawValue: 0x11)
    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static let sha256 = MultihashCode(rawValue: 0x12)
    /// SHA-512 (FIPS 180-4), 64 bytes.
    public static let sha512 = MultihashCode(rawValue: 0x13)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// SHA3-512 (FIPS 202), 64 bytes.
    public static let sha3_512 = MultihashCode(rawValue: 0x14)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// SHA3-384 (FIPS 202), 48 bytes.
    public static let sha3_384 = MultihashCode(rawValue: 0x15)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// SHA3-256 (FIPS 202), 32 bytes.
    public static let sha3_256 = MultihashCode(rawValue: 0x16)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// SHA3-224 (FIPS 202), 28 bytes.
    public static let sha3_224 = MultihashCode(rawValue: 0x17)
    /// SHAKE128 (FIPS 202), 32 bytes.
    public static let shake128 = MultihashCode(rawValue: 0x18)
    /// SHAKE256 (FIPS 202), 64 bytes.
    public static let shake256 = MultihashCode(rawValue: 0x19)
    /// Keccak before it became SHA-3, 28 bytes.
    public static let keccak224 = MultihashCode(rawValue: 0x1a)
    /// Keccak before it became SHA-3, 32 bytes.
    public static let keccak256 = MultihashCode(rawValue: 0x1b)
    /// Keccak before it became SHA-3, 48 bytes.
    public static let keccak384 = MultihashCode(rawValue: 0x1c)
    /// Keccak before it became SHA-3, 64 bytes.
    public static let keccak512 = MultihashCode(rawValue: 0x1d)
    /// BLAKE3, 32 bytes as a rule.
    public static let blake3 = MultihashCode(rawValue: 0x1e)
    /// SHA-384 (FIPS 180-4), 48 bytes.
    public static let sha384 = MultihashCode(rawValue: 0x20)
    /// SHA-256 of SHA-256.
    public static let doubleSHA256 = MultihashCode(rawValue: 0x56)
    /// MD5 (RFC 1321), 16 bytes.
    public static let md5 = MultihashCode(rawValue: 0xd5)
    /// RIPEMD-160, 20 bytes.
    public static let ripemd160 = MultihashCode(rawValue: 0x1053)
    /// BLAKE2b (RFC 7693), 32 bytes.
    public static let blake2b256 = MultihashCode(rawValue: 0xb220)
    /// BLAKE2b (RFC 7693), 64 bytes.
    public static let blake2b512 = MultihashCode(rawValue: 0xb240)
    /// BLAKE2s (RFC 7693), 32 bytes.
    public static let blake2s256 = MultihashCode(rawValue: 0xb260)
}

extension MultihashCode: CustomStringConvertible {
    /// The name in the table, or the number in hexadecimal where this list has no name for it.
    public var description: String {
        switch self {
        case .identity: "identity"
        case .sha1: "sha1"
        case .sha256: "sha2-256"
        case .sha512: "sha2-512"
        case .sha3_512: "sha3-512"
        case .sha3_384: "sha3-384"
        case .sha3_256: "sha3-256"
        case .sha3_224: "sha3-224"
        case .shake128: "shake-128"
        case .shake256: "shake-256"
        case .keccak224: "keccak-224"
        case .keccak256: "keccak-256"
        case .keccak384: "keccak-384"
        case .keccak512: "keccak-512"
        case .blake3: "blake3"
        case .sha384: "sha2-384"
        case .doubleSHA256: "dbl-sha2-256"
        case .md5: "md5"
        case .ripemd160: "ripemd-160"
        case .blake2b256: "blake2b-256"
        case .blake2b512: "blake2b-512"
        case .blake2s256: "blake2s-256"
        default: "0x\(String(self.rawValue, radix: 16))"
        }
    }
}
