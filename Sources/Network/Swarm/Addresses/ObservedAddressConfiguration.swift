/// When a node believes what peers say of where they see it.
public struct ObservedAddressConfiguration: Hashable, Sendable {
    /// How many observers must agree; go-libp2p has the same.
    public var observers = 4
    /// Peers whose addresses have as many bits in common are one observer: an IPv4 network of the size that is routed by
    /// itself (go-libp2p takes each address for one), and an IPv6 network of the size that one site is given (RFC 6177,
    /// section 2, as in go-libp2p).
    public var ipv4Prefix = 24
    public var ipv6Prefix = 56
    /// For how long a peer's word counts once the connection that it was said on has ended; older versions of go-libp2p
    /// had the same.
    public var lifetime: Duration = .seconds(30 * 60)

    /// Addresses that are believed for one that is listened on, as in go-libp2p; those of most observers.
    public var addressesPerListener = 3
    /// Observers that are remembered for one address that is listened on; the one heard longest ago gives way.
    public var observersPerListener = 256
    /// Addresses that are listened on and looked after.
    public var listeners = 16

    /// Every default.
    public init() {}
}
