public import Bytes

/// Why a multibase text, a multihash or a CID could not be read or made.
public enum MultiformatsError: Error, Hashable, Sendable {
    /// A text that must have at least a multibase prefix is empty.
    case emptyText
    /// A multibase prefix that is not in the table, or is not supported.
    case unknownBase(Character)
    /// A character that the base does not have.
    case invalidCharacter(Character, base: Multibase)
    /// A text whose length no number of whole bytes has, or that is padded wrongly (RFC 4648, section 3.2).
    case invalidLength(base: Multibase)
    /// The bits of the last character that stand for no byte are not zero (RFC 4648, section 3.5).
    case invalidTrailingBits(base: Multibase)
    /// A text in a base whose cost grows with the square of the length has more than `limit` characters.
    case textTooLong(limit: Int)
    /// A multihash or CID ends early or has a malformed varint.
    case malformed(BytesError)
    /// A digest has more than `limit` bytes.
    case digestTooLong(limit: Int)
    /// Bytes follow the value.
    case trailingBytes(count: Int)
    /// A CID of a version other than 0 and 1.
    case unknownCIDVersion(UInt64)
    /// A CID of version 0 that is not a sha2-256 multihash of 32 bytes, or has a multibase prefix.
    case invalidCIDv0
    /// A CID of another codec than the place where it stands asks for.
    case wrongCodec(Multicodec, expected: Multicodec)
    /// A multihash that no peer's key can have: neither a sha2-256 of 32 bytes nor an identity of at most 42.
    case invalidPeerID
}

extension MultiformatsError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyText: "the text is empty"
        case .unknownBase(let prefix): "no supported base has the multibase prefix \"\(prefix)\""
        case .invalidCharacter(let character, let base): "\"\(character)\" is not a character of \(base)"
        case .invalidLength(let base): "the text has a length or padding that \(base) never has"
        case .invalidTrailingBits(let base): "the last character of the \(base) text has bits that stand for nothing"
        case .textTooLong(let limit): "the text has more than \(limit) characters"
        case .malformed(let cause): "\(cause)"
        case .digestTooLong(let limit): "the digest has more than \(limit) bytes"
        case .trailingBytes(let count): "\(count) bytes follow the end of the value"
        case .unknownCIDVersion(let version): "there is no CID version \(version)"
        case .invalidCIDv0: "a CID of version 0 is a base58 sha2-256 multihash of 32 bytes without a multibase prefix"
        case .wrongCodec(let codec, let expected): "the CID has the codec \(codec) instead of \(expected)"
        case .invalidPeerID:
            "a peer ID is a sha2-256 multihash of 32 bytes or an identity multihash of at most "
                + "\(Multihash.maximumInlineKeyLength)"
        }
    }
}
