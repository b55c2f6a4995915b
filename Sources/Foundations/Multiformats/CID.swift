public import Bytes

/// A content identifier: which format the content has and what its hash is (multiformats/cid, README).
public struct CID: Hashable, Sendable {
    /// The two forms. They stay apart: a CID of version 0 does not equal the one of version 1 for the same content.
    public enum Version: UInt64, Hashable, Sendable {
        /// A bare sha2-256 multihash of dag-pb content.
        case v0 = 0
        /// A version, a codec and a multihash.
        case v1 = 1
    }

    /// The longest text that is read, in characters: the longest binary form, of 157 bytes, in base 2.
    public static let maximumTextLength = 1 + 8 * (9 + 9 + 9 + 2 + Multihash.maximumDigestLength)

    /// Which of the two forms this is.
    public let version: Version
    /// The content's format.
    public let codec: Multicodec
    /// The content's hash.
    public let multihash: Multihash

    /// A CID of version 1.
    public init(_ codec: Multicodec, _ multihash: Multihash) throws(MultiformatsError) {
        // As in a multihash: what no varint can carry could never be read again.
        guard codec.rawValue <= Varint.maximum else { throw .malformed(.varintTooLong) }
        self.version = .v1
        self.codec = codec
        self.multihash = multihash
    }

    /// A CID of version 0, of dag-pb content; `multihash` must be a sha2-256 of 32 bytes.
    public init(v0 multihash: Multihash) throws(MultiformatsError) {
        guard multihash.code == .sha256, multihash.digest.count == 32 else { throw .invalidCIDv0 }
        self.version = .v0
        self.codec = .dagPB
        self.multihash = multihash
    }

    /// Reads the CID that `bytes` are, to their end.
    public init(bytes: Bytes) throws(MultiformatsError) {
        // No CID of version 1 or later begins with these two: they would be version 18 (cid, "Decoding Algorithm").
        if bytes.count == 34, bytes[0] == 0x12, bytes[1] == 0x20 {
            try self.init(v0: try Multihash(bytes: bytes))
            return
        }
        var reader = BytesReader(bytes)
        let version = try Self.readVarint(&reader)
        guard version == Version.v1.rawValue else { throw .unknownCIDVersion(version) }
        let codec = try Self.readVarint(&reader)
        let multihash = try Multihash(from: &reader)
        guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining) }
        try self.init(Multicodec(rawValue: codec), multihash)
    }

    /// Reads the base 58 text of a version 0 or the multibase text of a version 1.
    public init(_ text: String) throws(MultiformatsError) {
        guard text.utf8.count <= Self.maximumTextLength else { throw .textTooLong(limit: Self.maximumTextLength) }
        if text.utf8.count == 46, text.utf8.starts(with: "Qm".utf8) {
            try self.init(v0: try Multihash(base58: text))
            return
        }
        try self.init(bytes: try Multibase.decode(text).bytes)
        guard self.version == .v1 else { throw .invalidCIDv0 }
    }

    /// The binary form.
    public var bytes: Bytes {
        guard self.version == .v1 else { return self.multihash.bytes }
        var writer = BytesWriter(reserving: self.multihash.digest.count + 24)
        writer.writeVarint(self.version.rawValue)
        writer.writeVarint(self.codec.rawValue)
        writer.write(self.multihash.bytes)
        return writer.finish()
    }

    /// The text in `base`; a version 0 has only its base 58 text.
    public func text(in base: Multibase) -> String {
        self.version == .v0 ? self.multihash.base58 : base.encode(self.bytes)
    }

    /// The same content's CID of version 1.
    public var v1: CID { CID(version: .v1, codec: self.codec, multihash: self.multihash) }

    private static func readVarint(_ reader: inout BytesReader) throws(MultiformatsError) -> UInt64 {
        do {
            return try reader.readVarint()
        } catch {
            throw .malformed(error)
        }
    }

    private init(version: Version, codec: Multicodec, multihash: Multihash) {
        self.version = version
        self.codec = codec
        self.multihash = multihash
    }
}

extension CID: CustomStringConvertible {
    /// The usual text: base 58 for version 0, base 32 for version 1.
    public var description: String { self.text(in: .base32) }
}
