/// Codes that a stream's reset tells the peer its reason by, where the muxer has room for one: the numbers that go-libp2p
/// sends.
public enum StreamErrorCode {
    /// A limit of this node does not allow the stream.
    public static let resourceLimitExceeded: UInt32 = 0x1002
    /// The peer opens such streams too often.
    public static let rateLimited: UInt32 = 0x1003
    /// The peer broke the rules of the stream's protocol.
    public static let protocolViolation: UInt32 = 0x1004
}
