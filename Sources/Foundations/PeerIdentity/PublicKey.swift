public import Bytes
public import Cryptography

/// The key that a peer is known by and that its signatures are verified with (libp2p peer-ids, "Keys").
public enum PublicKey: Hashable, Sendable {
    case rsa(RSA.PublicKey)
    case ed25519(Ed25519.PublicKey)
    case secp256k1(Secp256k1.PublicKey)
    case ecdsa(P256.PublicKey)

    /// The longest protobuf that is read, in bytes: that of the largest RSA key with its two tags, type and length.
    public static let maximumLength = RSA.maximumPublicKeySize + 5

    /// Reads a key's protobuf.
    public init(protobuf: Bytes) throws(PeerIdentityError) {
        let message = try KeyMessage(protobuf, limit: Self.maximumLength)
        try self.init(message.type, data: message.data)
    }

    /// Reads a key in the form that its type has in the protobuf's second field.
    public init(_ type: KeyType, data: Bytes) throws(PeerIdentityError) {
        do {
            switch type {
            case .rsa: self = .rsa(try RSA.PublicKey(data))
            case .ed25519: self = .ed25519(try Ed25519.PublicKey(data))
            case .secp256k1: self = .secp256k1(try Secp256k1.PublicKey(data))
            case .ecdsa: self = .ecdsa(try P256.PublicKey(data))
            }
        } catch {
            throw .invalidKey(error)
        }
    }

    public var type: KeyType {
        switch self {
        case .rsa: .rsa
        case .ed25519: .ed25519
        case .secp256k1: .secp256k1
        case .ecdsa: .ecdsa
        }
    }

    /// The key as its type writes it: DER for RSA and ECDSA, a point for the others.
    public var data: Bytes {
        switch self {
        case .rsa(let key): key.bytes
        case .ed25519(let key): key.bytes
        case .secp256k1(let key): key.bytes
        case .ecdsa(let key): key.bytes
        }
    }

    /// The protobuf, the same for the same key whatever form it was read in.
    public var protobuf: Bytes { KeyMessage(type: self.type, data: self.data).bytes }

    /// The ID of the peer that has this key.
    public var peerID: PeerID { PeerID(self) }

    /// Whether `signature` is this key's over `message`.
    public func verify(signature: Bytes, of message: Bytes) -> Bool {
        switch self {
        case .rsa(let key): key.verify(signature: signature, of: message)
        case .ed25519(let key): key.verify(signature: signature, of: message)
        case .secp256k1(let key): key.verify(signature: signature, of: message)
        case .ecdsa(let key): key.verify(signature: signature, of: message)
        }
    }
}

extension PublicKey: CustomStringConvertible {
    /// The type and the peer ID.
    public var description: String { "\(self.type) \(self.peerID)" }
}
