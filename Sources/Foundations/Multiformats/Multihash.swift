public import Bytes

/// A digest and the function that made it: `<varint code><varint length><digest>` (multiformats/multihash, README).
///
/// It wraps what somebody hashed; hashing and comparing with the hashed bytes is not its job.
public struct Multihash: Hashable, Sendable {
    /// The longest digest that is accepted, in bytes: that of skein1024-1024, the longest in the table. An identity
    /// multihash of a peer's key has 42 at most (libp2p peer-ids, "Peer Ids").
    public static let maximumDigestLength = 128

    /// The function.
    public let code: MultihashCode
    /// What the function returned, or a truncation of it.
    public let digest: Bytes

    /// A multihash of `digest`, which has at most `maximumDigestLength` bytes.
    public init(_ code: MultihashCode, digest: Bytes) throws(MultiformatsError) {
        guard digest.count <= Self.maximumDigestLength else {
            throw .digestTooLong(limit: Self.maximumDigestLength)
        }
        // A code above the varint's range could be written but never be read again.
        guard code.rawValue <= Varint.maximum else { throw .malformed(.varintTooLong) }
        self.code = code
        self.digest = digest
    }

    /// Reads the multihash that `bytes` are, to their end.
    public init(bytes: Bytes) throws(MultiformatsError) {
        var reader = BytesReader(bytes)
        try self.init(from: &reader)
        guard reader.isAtEnd else { throw .trailingBytes(count: reader.remaining) }
    }

    /// Reads the multihash at the reader's position and leaves what follows it.
    public init(from reader: inout BytesReader) throws(MultiformatsError) {
        let code: UInt64
        let digest: Bytes
        do {
            code = try reader.readVarint()
            digest = try reader.readLengthPrefixed(limit: Self.maximumDigestLength)
        } catch .limitExceeded(let limit) {
            throw .digestTooLong(limit: limit)
        } catch {
            throw .malformed(error)
        }
        try self.init(MultihashCode(rawValue: code), digest: digest)
    }

    /// Reads the multihash whose bytes `text` is in base 58, without a multibase prefix.
    public init(base58 text: String) throws(MultiformatsError) {
        try self.init(bytes: try Base58.decode(text))
    }

    /// The encoding.
    public var bytes: Bytes {
        var writer = BytesWriter(reserving: self.digest.count + 12)
        writer.writeVarint(self.code.rawValue)
        writer.writeLengthPrefixed(self.digest)
        return writer.finish()
    }

    /// The encoding in base 58 without a multibase prefix, as peer IDs are written.
    public var base58: String { Base58.encode(self.bytes) }
}

extension Multihash: CustomStringConvertible {
    /// The function's name and the digest in hexadecimal.
    public var description: String { "\(self.code):\(self.digest.hex)" }
}
