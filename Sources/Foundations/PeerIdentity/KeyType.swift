/// The types of keys that peers are known by, with their numbers in the protobuf (libp2p peer-ids, "Keys").
public enum KeyType: UInt64, CaseIterable, Hashable, Sendable {
    case rsa = 0
    case ed25519 = 1
    case secp256k1 = 2
    /// ECDSA over P-256.
    case ecdsa = 3
}

extension KeyType: LosslessStringConvertible {
    /// The type of a name such as the command line takes.
    public init?(_ description: String) {
        guard let type = Self.allCases.first(where: { $0.description == description }) else { return nil }
        self = type
    }

    /// The name in lower case.
    public var description: String {
        switch self {
        case .rsa: "rsa"
        case .ed25519: "ed25519"
        case .secp256k1: "secp256k1"
        case .ecdsa: "ecdsa"
        }
    }
}
