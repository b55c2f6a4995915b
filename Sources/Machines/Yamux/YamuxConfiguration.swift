/// The limits of one Yamux session, each with its default and where it comes from.
public struct YamuxConfiguration: Hashable, Sendable {
    /// The window of every new stream, in bytes: fixed by the specification ("Flow Control").
    public static let initialWindow = 256 * 1024
    /// The longest round trip, as pings measure it, that a window grows for.
    static let longestRoundTrip = Duration.seconds(1)

    /// The largest receive window that a stream grows to, in bytes, from `initialWindow` on.
    public var maximumWindow = 256 * 1024 * 1024
    /// Streams that both sides may have open at once: their first windows are 1 GiB.
    public var maximumStreams = 4_096
    /// Streams begun by one side that the other has not accepted yet ("ACK backlog", libp2p's Yamux specification).
    public var acceptBacklog = 256
    /// The longest payload of a frame we send, in bytes: with its header it fits one Noise message.
    public var maximumPayload = 65_519 - YamuxHeader.length
    /// How often the peer is asked for a sign of life; nil never. Go asks every 30 s too.
    ///
    /// The answers measure the round trip: without them no window grows.
    public var keepAliveInterval: Duration? = .seconds(30)
    /// How long the peer may take to answer.
    public var keepAliveTimeout: Duration = .seconds(10)
    /// Pongs and resets of refused streams that may wait to be sent.
    public var maximumUnansweredFrames = 1_024
    /// Pings, GoAways and small window updates that a peer may send at once, and of which it may send one more a millisecond.
    public var maximumIdleFrames = 10_000
    /// How long a stream that we are done with waits for the peer to end its half before it is reset.
    public var lingerTimeout: Duration = .seconds(60)

    public init() {}

    /// The largest window there can be: at least the one that every stream starts with, at most what a peer can count.
    var windowLimit: Int { min(max(self.maximumWindow, Self.initialWindow), Int(UInt32.max)) }
}
