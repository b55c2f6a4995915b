internal import Bytes
internal import Multiformats

extension PeerID: CustomStringConvertible {
    /// Base 58 of the multihash, which is how peer IDs are shown (libp2p peer-ids, "String representation").
    public var description: String { Base58.encode(self.bytes) }

    /// The CID of version 1 in base 32, the newer text.
    public var cidText: String {
        let prefix: [UInt8] = [UInt8(CID.Version.v1.rawValue), UInt8(Multicodec.libp2pKey.rawValue)]
        return Multibase.base32.encode(Bytes(prefix + Array(self.bytes)))
    }

    /// The first two and the last six characters of the text, for logs; not unique.
    public var shortDescription: String {
        let text = self.description
        return text.count > 10 ? "\(text.prefix(2))…\(text.suffix(6))" : text
    }
}
