internal import EventLoop
internal import Multiformats

/// How TCP sockets are set up.
public struct TCPConfiguration: Hashable, Sendable {
    /// Whether outgoing connections leave from a port that is listened on, where one fits: peers, and the NATs on the way,
    /// then know a node by one port (libp2p connections/README.md, "Dialing").
    public var portReuse = true
    /// How many connections the system keeps for a listener that were not accepted yet; it has its own limit, too.
    public var backlog: Int32 = 1024
    /// How long a connection may be silent before the system asks whether the peer is still there.
    public var keepAliveIdle = Duration.seconds(60)
    /// How long the system waits for each answer.
    public var keepAliveInterval = Duration.seconds(15)
    /// How many answers may be missing before the connection is given up.
    public var keepAliveProbes = 4
    /// How long sent data may go unacknowledged before the connection is given up. It overrides the number of probes
    /// where there is a keep-alive, so it is the time that they take together.
    public var userTimeout = Duration.seconds(120)

    /// Whether connections within this machine are sent unpaced, by "reno", whatever the system's congestion control is.
    ///
    /// BBR, the default of some systems, spaces packets by timers: within a machine there is no queue to spare by that, and the
    /// timers take up to half of the sender's time.
    public var unpacedLoopback = true

    public init() {}

    /// Sets what a connection to or from `address` should have besides the options of every connection; a system that
    /// cannot does as it always does.
    func prepare(_ socket: Socket, for address: SocketAddress) {
        guard self.unpacedLoopback, address.ip?.unmapped.isLoopback == true else { return }
        try? socket.setOption(.congestionControl("reno"))
    }

    /// So many bytes at most wait unsent in a socket before it counts as full: enough to keep the line busy, and little
    /// enough that a small message does not wait long behind a large one.
    static let unsentLowWater = 128 * 1024

    /// The options of every connection.
    var connectionOptions: [SocketOption] {
        [
            .noDelay(true),
            .unsentLowWater(bytes: Self.unsentLowWater),
            .keepAlive(idle: self.keepAliveIdle, interval: self.keepAliveInterval, probes: self.keepAliveProbes),
            .userTimeout(self.userTimeout),
        ]
    }
}
