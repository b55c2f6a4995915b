/// How many connections the hosts of one network may have, and how often they may come.
///
/// A host with IPv4 is its own network; with IPv6 a customer has a /56, and a provider's /48 is bounded, too, since who has one
/// has many of the other. The numbers are go-libp2p's (conn_limiter.go, conn_rate_limiter.go). The loopback is not bounded.
public struct NetworkLimits: Hashable, Sendable {
    /// Inbound connections of an IPv4 address, or of an IPv6 /56, at once.
    public var connectionsPerHost = Int.max
    /// Inbound connections of an IPv6 /48 at once.
    public var connectionsPerSite = Int.max
    /// How many new connections of a host are taken at once, and how long it takes until one more is.
    public var burstPerHost = Int.max
    /// See `burstPerHost`.
    public var intervalPerHost = Duration.seconds(5)
    /// The same for an IPv6 /48.
    public var burstPerSite = Int.max
    /// See `burstPerSite`.
    public var intervalPerSite = Duration.seconds(2)

    /// No limits.
    public init() {}

    /// The numbers of go-libp2p.
    public static let standard: NetworkLimits = {
        var limits = NetworkLimits()
        limits.connectionsPerHost = 8
        limits.connectionsPerSite = 64
        limits.burstPerHost = 16
        limits.burstPerSite = 80
        return limits
    }()
}
