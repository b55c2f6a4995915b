/// What bounds the dials of a node together, and what is kept about them; `SwarmConfiguration.concurrentDials` and
/// `dialledAddresses` bound those of one peer.
public struct DialLimits: Hashable, Sendable {
    /// Addresses that the node tries at once, as go-libp2p does with those that take a file descriptor.
    public var perNode = 160
    /// Of these, how many may be of one host (an IPv4 address, or a network of IPv6 with 64 bits) and of one port there, so
    /// that what does not answer leaves room for others: the peers that are said to be there may be made up.
    public var perHost = 64
    public var perPort = 8
    /// Addresses that may wait for their turn in the node; what comes then is not dialled.
    public var waiting = 4_096
    /// Addresses whose failures are remembered; the first that failed is forgotten first.
    public var backOffs = 4_096

    /// Every default.
    public init() {}

    /// At most as many at once as have room beside the inbound handshakes: others wait for their turn instead of being
    /// refused by this node itself; and a quarter of all connections, since what is dialled has no place for others.
    func within(_ limits: ResourceLimits) -> DialLimits {
        var fitting = self
        let most = min(limits.transient.connections / 2, limits.system.connections / 4)
        fitting.perNode = min(self.perNode, max(1, most))
        return fitting
    }
}
