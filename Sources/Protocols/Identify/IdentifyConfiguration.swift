public import Multiformats

/// What a node says of itself, and how long it waits for others to do so.
public struct IdentifyConfiguration: Sendable {
    /// The family of protocols that this node belongs to (libp2p identify, "protocolVersion").
    public var protocolVersion = "ipfs/0.1.0"
    /// The name and version of this software (libp2p identify, "agentVersion").
    public var agentVersion = "apus/0.1.0"
    /// Where this node can be dialled; nil means the swarm's announced addresses.
    ///
    /// It is asked, on any thread, whenever something changed or `IdentifyService.push()` is called.
    public var addresses: (@Sendable () -> [Multiaddr])?
    /// Whether the addresses are sent in a signed record too (libp2p RFC 0003).
    public var sendsSignedRecord = true
    /// How long one exchange may take from the opening of its stream; go-libp2p waits 5 s, rust-libp2p 60 s.
    public var timeout: Duration = .seconds(10)
    /// How long changes gather before peers are told of them; js-libp2p has the same.
    public var pushDelay: Duration = .seconds(1)

    /// Every default.
    public init() {}
}
