public import Bytes

/// The text encodings of the multibase table (multiformats/multibase, `multibase.csv`) that are in use.
public enum Multibase: UInt8, CaseIterable, Hashable, Sendable {
    case base2 = 0x30
    case base8 = 0x37
    case base10 = 0x39
    case base16 = 0x66
    case base16upper = 0x46
    case base32 = 0x62
    case base32upper = 0x42
    case base32pad = 0x63
    case base32padupper = 0x43
    case base32hex = 0x76
    case base32hexupper = 0x56
    case base32hexpad = 0x74
    case base32hexpadupper = 0x54
    case base32z = 0x68
    case base36 = 0x6b
    case base36upper = 0x4b
    case base58btc = 0x7a
    case base58flickr = 0x5a
    case base64 = 0x6d
    case base64pad = 0x4d
    case base64url = 0x75
    case base64urlpad = 0x55

    /// The character in front of a text that says which base it is in.
    public var prefix: Character { Character(UnicodeScalar(self.rawValue)) }

    /// Reads a prefixed text.
    public static func decode(_ text: String) throws(MultiformatsError) -> (base: Multibase, bytes: Bytes) {
        guard let first = text.first else { throw .emptyText }
        guard let code = first.asciiValue, let base = Multibase(rawValue: code) else { throw .unknownBase(first) }
        return (base, try base.decodeWithoutPrefix(text.utf8.dropFirst()))
    }

    /// Reads a text in this base that has no prefix.
    public func decodeWithoutPrefix(_ text: String) throws(MultiformatsError) -> Bytes {
        try self.decodeWithoutPrefix(text.utf8[...])
    }

    /// The text of `bytes` behind the prefix.
    ///
    /// The time grows with the square of the length in the bases 10, 36 and 58: bound what you write in them.
    public func encode(_ bytes: Bytes) -> String {
        String(decoding: [self.rawValue] + self.symbols(bytes), as: UTF8.self)
    }

    /// The text of `bytes` without a prefix; see `encode(_:)` for its cost.
    public func encodeWithoutPrefix(_ bytes: Bytes) -> String {
        String(decoding: self.symbols(bytes), as: UTF8.self)
    }

    private func symbols(_ bytes: Bytes) -> [UInt8] {
        switch self.coding {
        case .bits(let coding): coding.encode(bytes)
        case .radix(let coding): coding.encode(bytes)
        }
    }

    private func decodeWithoutPrefix(_ text: Substring.UTF8View) throws(MultiformatsError) -> Bytes {
        switch self.coding {
        case .bits(let coding): try coding.decode(text, in: self)
        case .radix(let coding): try coding.decode(text, in: self)
        }
    }
}

extension Multibase: CustomStringConvertible {
    /// The name in the table.
    public var description: String {
        switch self {
        case .base2: "base2"
        case .base8: "base8"
        case .base10: "base10"
        case .base16: "base16"
        case .base16upper: "base16upper"
        case .base32: "base32"
        case .base32upper: "base32upper"
        case .base32pad: "base32pad"
        case .base32padupper: "base32padupper"
        case .base32hex: "base32hex"
        case .base32hexupper: "base32hexupper"
        case .base32hexpad: "base32hexpad"
        case .base32hexpadupper: "base32hexpadupper"
        case .base32z: "base32z"
        case .base36: "base36"
        case .base36upper: "base36upper"
        case .base58btc: "base58btc"
        case .base58flickr: "base58flickr"
        case .base64: "base64"
        case .base64pad: "base64pad"
        case .base64url: "base64url"
        case .base64urlpad: "base64urlpad"
        }
    }
}
