public import Bytes
public import PeerIdentity

/// Why a handshake or a session failed. Messages of the handshake are numbered from 1 to 3.
public enum NoiseError: Error, Hashable, Sendable {
    /// A handshake message has fewer bytes than its keys and tags take.
    case messageTooShort(message: Int)
    /// A handshake message was changed on the way, or the peer follows another protocol or prologue.
    case authenticationFailed(message: Int)
    /// The peer's key in a message, or ours with it, gives a secret that everybody knows (RFC 7748, section 6.1).
    case weakKey(message: Int)
    /// The peer's payload is not the protobuf that it must be.
    case malformedPayload(ProtobufError)
    /// The peer names more stream muxers than `NoiseLimits.streamMuxers`, or one with too long a name.
    case tooManyStreamMuxers
    /// The peer's identity key cannot be used.
    indirect case invalidIdentityKey(PeerIdentityError)
    /// The peer's static key is not signed by its identity key for this purpose.
    case invalidSignature
    /// The peer is not the one that was dialled.
    indirect case peerMismatch(expected: PeerID, actual: PeerID)
    /// Both sides name stream muxers, and none is named by both.
    case noCommonStreamMuxer(offered: [String])
    /// The peer closed the connection before the handshake ended.
    case ended
    /// This node's identity key could not sign its static key.
    indirect case signingFailed(PeerIdentityError)
    /// A transport message was changed, lost, repeated or reordered on the way; they are numbered from 0.
    case transportAuthenticationFailed(message: UInt64)
    /// A direction has carried 2^64 - 1 messages and its key must not be used again (Noise, section 5.1).
    case nonceExhausted
}

extension NoiseError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .messageTooShort(let number): "message \(number) of the Noise handshake is too short"
        case .authenticationFailed(let number):
            "message \(number) of the Noise handshake does not authenticate: it was changed on the way, or the peer "
                + "speaks another protocol"
        case .weakKey(let number): "a key of the peer is worthless in message \(number) of the Noise handshake"
        case .malformedPayload(let cause): "the payload of the Noise handshake cannot be read: \(cause)"
        case .tooManyStreamMuxers:
            "the peer names more than \(NoiseLimits.streamMuxers) stream muxers, or one of more than "
                + "\(NoiseLimits.streamMuxerNameSize) bytes"
        case .invalidIdentityKey(let cause): "the identity key of the peer cannot be used: \(cause)"
        case .invalidSignature: "the peer did not prove its identity: the signature of its static key is invalid"
        case .peerMismatch(let expected, let actual): "expected the peer \(expected), but \(actual) answered"
        case .noCommonStreamMuxer(let offered):
            "the peer offers none of this node's stream muxers, but \(offered.count) others"
        case .ended: "the peer closed the connection during the Noise handshake"
        case .signingFailed(let cause): "this node's identity key could not sign: \(cause)"
        case .transportAuthenticationFailed(let number):
            "message \(number) of the session does not authenticate: it was changed or lost on the way"
        case .nonceExhausted: "the session has carried as many messages as its key allows"
        }
    }
}
