/// The format of the content that a CID names, by its number in the multicodec table (multiformats/multicodec, `table.csv`).
public struct Multicodec: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let cbor = Multicodec(rawValue: 0x51)
    /// Bytes without a format.
    public static let raw = Multicodec(rawValue: 0x55)
    public static let dagPB = Multicodec(rawValue: 0x70)
    public static let dagCBOR = Multicodec(rawValue: 0x71)
    /// The protobuf of a peer's public key (libp2p peer-ids).
    public static let libp2pKey = Multicodec(rawValue: 0x72)
    public static let gitRaw = Multicodec(rawValue: 0x78)
    public static let dagJOSE = Multicodec(rawValue: 0x85)
    public static let dagJSON = Multicodec(rawValue: 0x0129)
    public static let json = Multicodec(rawValue: 0x0200)
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
