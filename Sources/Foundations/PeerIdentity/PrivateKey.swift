public import Bytes
public import Cryptography

/// A peer's identity: the key that it signs with, and the public half (libp2p peer-ids, "Keys").
///
/// The key's memory is overwritten when the last copy of this value goes. What an encoder or a key file's reader holds is
/// ordinary memory.
public enum PrivateKey: Sendable {
    case rsa(RSA.PrivateKey)
    case ed25519(Ed25519.PrivateKey)
    case secp256k1(Secp256k1.PrivateKey)
    case ecdsa(P256.PrivateKey)

    /// The longest protobuf that is read, in bytes.
    public static let maximumLength = RSA.maximumPrivateKeySize + 5
    /// Bits of a new RSA key where nothing else is asked for: go-libp2p's and Kubo's default.
    public static let defaultRSABits = 2048

    /// Reads a key file's protobuf.
    public init(protobuf: Bytes) throws(PeerIdentityError) {
        let message = try KeyMessage(protobuf, limit: Self.maximumLength)
        do {
            switch message.type {
            case .rsa: self = .rsa(try RSA.PrivateKey(message.data))
            case .ed25519: self = .ed25519(try Self.ed25519(message.data))
            case .secp256k1: self = .secp256k1(try Secp256k1.PrivateKey(message.data))
            case .ecdsa: self = .ecdsa(try P256.PrivateKey(message.data))
            }
        } catch {
            throw .invalidKey(error)
        }
    }

    /// The Ed25519 key of a 32-byte seed.
    public init(ed25519Seed seed: Bytes) throws(PeerIdentityError) {
        do {
            self = .ed25519(try Ed25519.PrivateKey(seed: seed))
        } catch {
            throw .invalidKey(error)
        }
    }

    /// Makes a key of the generator's bytes; an RSA key takes OpenSSL's randomness instead, and a tenth of a second and
    /// more.
    public static func generate(
        _ type: KeyType = .ed25519, rsaBits: Int = PrivateKey.defaultRSABits,
        using generator: inout some RandomNumberGenerator
    ) throws(PeerIdentityError) -> PrivateKey {
        do {
            switch type {
            case .rsa: return .rsa(try RSA.PrivateKey(generatingBits: rsaBits))
            case .ed25519: return .ed25519(try Ed25519.PrivateKey(using: &generator))
            case .secp256k1: return .secp256k1(try Secp256k1.PrivateKey(using: &generator))
            case .ecdsa: return .ecdsa(try P256.PrivateKey(using: &generator))
            }
        } catch {
            throw .invalidKey(error)
        }
    }

    /// Makes a key of the system's randomness.
    public static func generate(
        _ type: KeyType = .ed25519, rsaBits: Int = PrivateKey.defaultRSABits
    ) throws(PeerIdentityError) -> PrivateKey {
        var random = SystemRandom()
        return try self.generate(type, rsaBits: rsaBits, using: &random)
    }

    public var publicKey: PublicKey {
        switch self {
        case .rsa(let key): .rsa(key.publicKey)
        case .ed25519(let key): .ed25519(key.publicKey)
        case .secp256k1(let key): .secp256k1(key.publicKey)
        case .ecdsa(let key): .ecdsa(key.publicKey)
        }
    }

    public var type: KeyType { self.publicKey.type }

    /// The ID of the peer that has this key.
    public var peerID: PeerID { self.publicKey.peerID }

    /// The protobuf for a key file.
    public var protobuf: Bytes {
        let data =
            switch self {
            case .rsa(let key): key.bytes
            case .ed25519(let key): key.bytes
            case .secp256k1(let key): key.bytes
            case .ecdsa(let key): key.bytes
            }
        return KeyMessage(type: self.type, data: data).bytes
    }

    /// Signs `message` as its type does (libp2p peer-ids, "Key Types").
    public func sign(_ message: Bytes) throws(PeerIdentityError) -> Bytes {
        do {
            switch self {
            case .rsa(let key): return try key.sign(message)
            case .ed25519(let key): return key.sign(message)
            case .secp256k1(let key): return try key.sign(message)
            case .ecdsa(let key): return try key.sign(message)
            }
        } catch {
            throw .invalidKey(error)
        }
    }

    /// Reads seed and public key, or the old form that has the public key twice (libp2p peer-ids, "Ed25519").
    private static func ed25519(_ data: Bytes) throws(CryptographyError) -> Ed25519.PrivateKey {
        let size = Ed25519.PrivateKey.size
        guard data.count == size + Ed25519.publicKeySize else { return try Ed25519.PrivateKey(data) }
        guard data[size..<data.count] == data[Ed25519.seedSize..<size] else { throw .mismatchedPublicKey(.ed25519) }
        return try Ed25519.PrivateKey(data[0..<size])
    }
}

extension PrivateKey: CustomStringConvertible {
    /// The type and the peer ID, and nothing of the secret.
    public var description: String { "private key of \(self.publicKey)" }
}
