public import Bytes
public import Cryptography
public import PeerIdentity

/// What a handshake ends with: a cipher state for each direction, and who the peer is.
///
/// It is frozen so that a connection can take its parts.
@frozen public struct NoiseSession: ~Copyable, Sendable {
    public var sending: NoiseCipherState
    public var receiving: NoiseCipherState
    /// The peer's identity, proven by its signature.
    public let remoteKey: PublicKey
    /// The peer's ID, which is that of `remoteKey`.
    public let remotePeer: PeerID
    /// The peer's X25519 key of this and perhaps of later handshakes.
    public let remoteStaticKey: X25519.PublicKey
    /// The stream muxer that both sides named, or nil where it is negotiated on the encrypted connection.
    public let streamMuxer: String?
    /// The hash of all that was exchanged, the same on both sides and in no other session (Noise, section 11.2).
    public let transcriptHash: Bytes

    /// Overwrites both keys, when the connection ends; Swift would leave them in memory.
    public mutating func wipe() {
        self.sending.wipe()
        self.receiving.wipe()
    }
}
