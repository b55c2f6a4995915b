/// What mDNS sends, reads and keeps, each bound with where it comes from.
public enum MDNSLimits {
    /// The longest message that is read (RFC 6762, section 17), in bytes.
    public static let messageSize = 9_000
    /// The longest message that is sent: what fits an Ethernet frame behind the headers of IPv6 and UDP.
    public static let ownMessageSize = 1_440
    /// Questions, and records of all sections together, of a message that is read.
    public static let questions = 64
    public static let records = 256
    /// How many places a compressed name may lead through.
    static let pointers = 16

    /// The longest string of a TXT record, of which `dnsaddr=` is a part (RFC 1035, section 3.3).
    static let textSize = 255
    /// How long others may keep what this node says of itself: rust-libp2p's time.
    static let timeToLive: Duration = .seconds(360)
    /// The longest that somebody else's word is kept (RFC 6762, section 10: 75 minutes).
    static let longestTimeToLive: Duration = .seconds(75 * 60)

    /// The first query, and each answer, waits for a random time in this range, so that not all speak at once (RFC 6762,
    /// sections 5.2 and 6).
    static let delay: ClosedRange<Int64> = 20_000_000...120_000_000
    /// Queries come after this time at first, after twice the time before from then on, and never less often than the last
    /// (RFC 6762, section 5.2, and rust-libp2p's interval).
    static let firstQueryInterval: Duration = .seconds(1)
    static let lastQueryInterval: Duration = .seconds(300)
    /// An answer is sent on an interface at most once in this time (RFC 6762, section 6).
    static let answerInterval: Duration = .seconds(1)

    /// Interfaces that are spoken on, each with IPv4 and IPv6; a host of many containers may have hundreds.
    public static let interfaces = 16
    /// Peers that are known at a time, and those of one sender: a host seldom runs more. What comes beyond is passed over.
    public static let peers = 512
    public static let peersPerSender = 32
    /// Addresses that are kept of a peer.
    public static let addressesPerPeer = 16
    /// Discoveries that are told at once, and how long it takes until one more may be told: what a flood of answers sets off
    /// is bounded in time too.
    public static let discoveryBurst = 64
    static let discoveryInterval: Duration = .milliseconds(100)

    /// Discovered peers that are dialled at a time.
    public static let concurrentDials = 8
    /// A peer that could not be reached is dialled again after the first, then after twice the time before up to the last
    /// (go-libp2p's back-off has the same bounds); one that was reached is looked after in the last.
    static let firstDialDelay: Duration = .seconds(5)
    static let lastDialDelay: Duration = .seconds(300)
}
