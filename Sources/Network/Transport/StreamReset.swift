/// What a stream's handler throws to reset the stream with a code; any other error resets it with 0.
public struct StreamReset: Error, Hashable, Sendable {
    /// The number that the peer is told where the muxer has room for one: one of `StreamErrorCode`, or the protocol's own.
    public let code: UInt32

    /// A reset that tells the peer `code`.
    public init(code: UInt32) { self.code = code }
}

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
