public import Bytes
internal import Cryptography

/// A payload with a peer's signature over it, its type and the purpose that it was signed for (libp2p RFC 0002).
///
/// Whoever has a value of this type has a valid signature: it is either made by `seal` or verified by `open`.
public struct SignedEnvelope: Hashable, Sendable {
    /// What an envelope is for. The domain is not sent: a signature for one purpose is worth nothing for another.
    public struct Kind: Hashable, Sendable {
        /// The purpose, which both sides know.
        public let domain: String
        /// The payload's type: a multicodec, or a path.
        public let payloadType: Bytes

        public init(domain: String, payloadType: Bytes) {
            precondition(!domain.isEmpty, "an envelope without a domain could be passed off as any other")
            self.domain = domain
            self.payloadType = payloadType
        }
    }

    /// The longest envelope that is read, in bytes: go-libp2p's limit for an identify message with a signed record.
    public static let maximumLength = 8 * 1024

    /// The signer's key.
    public let publicKey: PublicKey
    public let kind: Kind
    public let payload: Bytes
    private let signature: Bytes

    /// The ID of the peer that signed.
    public var signer: PeerID { self.publicKey.peerID }

    /// Signs `payload`.
    public static func seal(
        _ payload: Bytes, as kind: Kind, with key: PrivateKey
    ) throws(PeerIdentityError) -> SignedEnvelope {
        let signature = try key.sign(Self.signedBytes(kind, payload))
        return SignedEnvelope(publicKey: key.publicKey, kind: kind, payload: payload, signature: signature)
    }

    /// Reads an envelope and verifies it as the one of `kinds` that has its payload type.
    public static func open(_ bytes: Bytes, as kinds: Kind...) throws(PeerIdentityError) -> SignedEnvelope {
        try Self.open(bytes, as: kinds)
    }

    static func open(_ bytes: Bytes, as kinds: [Kind]) throws(PeerIdentityError) -> SignedEnvelope {
        guard bytes.count <= Self.maximumLength else { throw .tooLong(limit: Self.maximumLength) }
        let message = try EnvelopeMessage(bytes)
        guard let kind = kinds.first(where: { $0.payloadType == message.payloadType }) else {
            throw .unexpectedPayloadType(message.payloadType)
        }
        let key = try PublicKey(protobuf: message.publicKey)
        let isSigned = key.verify(signature: message.signature, of: Self.signedBytes(kind, message.payload))
        guard Defence.envelopeSignature.holds(isSigned) else {
            throw .invalidSignature
        }
        // An envelope outlives the message that it came in, and must not keep that message's memory.
        return SignedEnvelope(
            publicKey: key, kind: kind, payload: message.payload.compacted(), signature: message.signature.compacted())
    }

    /// The protobuf to send.
    public var bytes: Bytes {
        EnvelopeMessage(
            publicKey: self.publicKey.protobuf, payloadType: self.kind.payloadType, payload: self.payload,
            signature: self.signature
        ).bytes
    }

    /// What is signed: domain, type and payload, each behind its length (RFC 0002, "Signature Production /
    /// Verification").
    private static func signedBytes(_ kind: Kind, _ payload: Bytes) -> Bytes {
        var writer = BytesWriter(reserving: kind.domain.utf8.count + kind.payloadType.count + payload.count + 12)
        writer.writeLengthPrefixed(Array(kind.domain.utf8))
        writer.writeLengthPrefixed(kind.payloadType)
        writer.writeLengthPrefixed(payload)
        return writer.finish()
    }
}
