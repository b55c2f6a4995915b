/// The sizes of the wire format and what a handshake accepts (libp2p noise/README.md, "Wire Format").
///
/// A peer's identity key is bounded by `PublicKey.maximumLength`, and everything else by the size of a message.
public enum NoiseLimits {
    /// Bytes of the big-endian length before each message.
    public static let lengthSize = 2
    /// The most bytes in a message, its length not counted.
    public static let maximumMessageSize = 65_535
    /// The most bytes of plaintext in a transport message: its tag takes 16.
    public static let maximumPlaintextSize = 65_519
    /// Stream muxers in a peer's payload: what go-libp2p reads.
    public static let streamMuxers = 100
    /// Bytes in a stream muxer's name; real ones have fewer than 20.
    public static let streamMuxerNameSize = 256
}
