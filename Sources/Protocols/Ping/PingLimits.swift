/// What ping sends, accepts and waits for.
enum PingLimits {
    /// Bytes of a ping and of its echo (libp2p ping, "Protocol").
    static let payloadSize = 32
    /// Ping streams that a connection's peer may have open at a time (libp2p ping, "Protocol": at most two).
    static let inboundStreams = 2
    /// How long a ping stream may be silent before it is ended. The specification names no time; go-libp2p ends a stream
    /// after 10 s of silence, and rust-libp2p pings every 15 s on one stream.
    static let idleTime: Duration = .seconds(60)
    /// Pings of ours that may wait for their echo, those included that nobody waits for any more.
    static let unanswered = 64
}
