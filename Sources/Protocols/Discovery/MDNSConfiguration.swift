public import EventLoop
import MulticastDNS
import Multiformats

/// How a node finds peers on its local networks, with every default.
public struct MDNSConfiguration: Sendable {
    /// Whether discovered peers are connected to: few at a time, with a back-off for those that are not reached. Otherwise
    /// their addresses are noted, and told as events.
    public var connects = true
    /// Which interfaces are spoken on: by default those that have an address that is not for this host alone.
    public var interfaces: @Sendable (NetworkInterface) -> Bool = { interface in
        interface.addresses.contains { !$0.isLoopback }
    }
    /// The port that is spoken on; only tests, which must not meet other programs, have another.
    public var port = MDNSLink.port

    /// Every default.
    public init() {}
}
