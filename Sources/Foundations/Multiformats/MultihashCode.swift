/// A function's number in the multicodec table (multiformats/multicodec, `table.csv`, tag "multihash").
public struct MultihashCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The digest is the value itself.
    public static let identity = MultihashCode(rawValue: 0x00)
    public static let sha1 = MultihashCode(rawValue: 0x11)
    public static let sha256 = MultihashCode(rawValue: 0x12)
    public static let sha512 = MultihashCode(rawValue: 0x13)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    public static let sha3_512 = MultihashCode(rawValue: 0x14)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    public static let sha3_384 = MultihashCode(rawValue: 0x15)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    public static let sha3_256 = MultihashCode(rawValue: 0x16)
    // swift-format-ignore: AlwaysUseLowerCamelCase
    public static let sha3_224 = MultihashCode(rawValue: 0x17)
    public static let shake128 = MultihashCode(rawValue: 0x18)
    public static let shake256 = MultihashCode(rawValue: 0x19)
    public static let keccak224 = MultihashCode(rawValue: 0x1a)
    public static let keccak256 = MultihashCode(rawValue: 0x1b)
    public static let keccak384 = MultihashCode(rawValue: 0x1c)
    public static let keccak512 = MultihashCode(rawValue: 0x1d)
    public static let blake3 = MultihashCode(rawValue: 0x1e)
    public static let sha384 = MultihashCode(rawValue: 0x20)
    /// SHA-256 of SHA-256.
    public static let doubleSHA256 = MultihashCode(rawValue: 0x56)
    public static let md5 = MultihashCode(rawValue: 0xd5)
    public static let ripemd160 = MultihashCode(rawValue: 0x1053)
    public static let blake2b256 = MultihashCode(rawValue: 0xb220)
    public static let blake2b512 = MultihashCode(rawValue: 0xb240)
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
