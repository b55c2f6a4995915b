public import Bytes

/// The multihash that is a peer's ID (libp2p peer-ids, "Peer Ids"): the rules that a `/p2p` component and a `PeerID` share.
extension Multihash {
    /// The longest public key, in bytes of its protobuf, that an ID holds instead of its hash.
    public static let maximumInlineKeyLength = 42

    /// Reads a peer's ID in binary: a sha2-256 of 32 bytes, or an identity of at most `maximumInlineKeyLength`.
    public init(peerID bytes: Bytes) throws(MultiformatsError) {
        try self.init(bytes: bytes)
        switch self.code {
        case .sha256 where self.digest.count == 32: break
        case .identity where self.digest.count <= Defence.peerIDLength.limit(Self.maximumInlineKeyLength): break
        default: throw .invalidPeerID
        }
    }

    /// Reads a peer's ID as text: base 58 without a prefix, or a CID of version 1 with the codec libp2p-key.
    public init(peerID text: String) throws(MultiformatsError) {
        if Self.isBase58(peerID: text) {
            try self.init(peerID: try Base58.decode(text))
            return
        }
        let cid = try CID(text)
        guard cid.codec == .libp2pKey else { throw .wrongCodec(cid.codec, expected: .libp2pKey) }
        try self.init(peerID: cid.multihash.bytes)
    }

    /// Whether a peer's ID is in base 58: "1" begins an identity multihash, "Qm" a sha2-256, and "1" and "Q" are reserved in
    /// the multibase table, so that no CID begins with them.
    static func isBase58(peerID text: some StringProtocol) -> Bool {
        text.utf8.starts(with: "1".utf8) || text.utf8.starts(with: "Qm".utf8)
    }
}
