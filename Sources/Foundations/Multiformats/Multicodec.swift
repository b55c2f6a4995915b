/// The format of the content that a CID names, by its number in the multicodec table (multiformats/multicodec, `table.csv`).
public struct Multicodec: RawRepresentable, Hashable, Sendable {
    /// The number in the table.
    public let rawValue: UInt64

    /// The codec with this number, whether or not it is named here.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// CBOR (RFC 8949).
    public static let cbor = Multicodec(rawValue: 0x51)
    /// Bytes without a format.
    public static let raw = Multicodec(rawValue: 0x55)
    /// A MerkleDAG node in protobuf, as IPFS has its files.
    public static let dagPB = Multicodec(rawValue: 0x70)
    /// CBOR with links.
    public static let dagCBOR = Multicodec(rawValue: 0x71)
    /// The protobuf of a peer's public key (libp2p peer-ids).
    public static let libp2pKey = Multicodec(rawValue: 0x72)
    /// An object of git.
    public static let gitRaw = Multicodec(rawValue: 0x78)
    /// Signed or encrypted objects with links.
    public static let dagJOSE = Multicodec(rawValue: 0x85)
    /// JSON with links.
    public static let dagJSON = Multicodec(rawValue: 0x0129)
    /// JSON (RFC 8259).
    public static let json = Multicodec(rawValue: 0x0200)
    /// An archive of blocks with their CIDs.
    public static let car = Multicodec(rawValue: 0x0202)
}

extension Multicodec: CustomStringConvertible {
    /// The name in the table, or the number in hexadecimal where this list has no name for it.
    public var description: String {
        switch self {
        case .cbor: "cbor"
        case .raw: "raw"
        case .dagPB: "dag-pb"
        case .dagCBOR: "dag-cbor"
        case .libp2pKey: "libp2p-key"
        case .gitRaw: "git-raw"
        case .dagJOSE: "dag-jose"
        case .dagJSON: "dag-json"
        case .json: "json"
        case .car: "car"
        default: "0x\(String(self.rawValue, radix: 16))"
        }
    }
}
