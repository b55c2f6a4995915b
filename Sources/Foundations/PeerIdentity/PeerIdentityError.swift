public import Bytes
public import Cryptography
public import Multiformats

/// Why a key, a peer ID or a signed envelope was refused.
public enum PeerIdentityError: Error, Hashable, Sendable {
    /// A message is longer than `limit` bytes.
    case tooLong(limit: Int)
    /// A message is not the protobuf that it must be.
    case malformed(ProtobufError)
    /// A key of a type that this implementation does not have.
    case unknownKeyType(UInt64)
    /// A key of a known type that cannot be used.
    case invalidKey(CryptographyError)
    /// Bytes or a text that are no peer ID.
    case invalidPeerID(MultiformatsError)
    /// The sealed payload is of no type that was asked for.
    case unexpectedPayloadType(Bytes)
    /// The signature is not that of the envelope's key over its content in the domain.
    case invalidSignature
    /// A record is about another peer than the one that signed it.
    case mismatchedPeer(record: PeerID, signer: PeerID)
}

extension PeerIdentityError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let limit): "the message is longer than \(limit) bytes"
        case .malformed(let cause): "\(cause)"
        case .unknownKeyType(let type): "there is no key type \(type)"
        case .invalidKey(let cause): "\(cause)"
        case .invalidPeerID(let cause): "it is not a peer ID: \(cause)"
        case .unexpectedPayloadType(let type): "the envelope has a payload of another type: \(type)"
        case .invalidSignature: "the signature is invalid, or was made for another purpose"
        case .mismatchedPeer(let record, let signer): "the record is about \(record), but \(signer) signed it"
        }
    }
}
