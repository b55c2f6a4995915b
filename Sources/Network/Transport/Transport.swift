public import EventLoop
public import Multiformats

/// A way to reach peers and to be reached: it turns addresses into connected sockets.
///
/// Every transport passes the same conformance suite (Tests/NetworkTests).
public protocol Transport: Sendable {
    /// By which way the connections that it dials lead.
    var route: ConnectionRoute { get }

    /// Whether the address is one of this transport, from its form alone.
    func canDial(_ address: Multiaddr) -> Bool
    /// Whether the transport can listen on an address of this form.
    func canListen(on address: Multiaddr) -> Bool

    /// Whether the transport dials an address with the names that are in it: nobody looks them up before.
    func dialsNames(in address: Multiaddr) -> Bool

    /// Connects to `address`, whose names are resolved already, unless the transport dials names; a peer ID at its end is not looked at.
    ///
    /// Throws `TransportError`, and `CancellationError` where the task was cancelled.
    func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink

    /// Listens on `address` and gives each accepted link, with the loop that it is to live on, to `accept`, which is called
    /// on a loop and must not block. Throws `TransportError`.
    func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener
}

extension Transport {
    public var route: ConnectionRoute { .direct }
    public func dialsNames(in address: Multiaddr) -> Bool { false }
}

/// An address that is listened on until it is closed.
public protocol TransportListener: Sendable {
    /// The address as it came out: with the port that the system chose where 0 was asked for.
    var address: Multiaddr { get }
    /// Stops accepting and frees the address.
    func close() async
}

/// Why a transport could not do what it was asked for.
public struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What sort of failure it was, for a program to decide by.
    public enum Code: Hashable, Sendable {
        /// The transport has no use for an address of this form.
        case unsupportedAddress
        /// The host has no support for this family of addresses, such as a kernel without IPv6.
        case unavailableFamily
        /// Somebody else listens on the address.
        case addressInUse
        /// The address is none of this host's.
        case addressNotAvailable
        /// The system does not let this process have the address, such as a port that is kept for the superuser.
        case permissionDenied
        /// The process, or the host, has no more descriptors or memory for sockets.
        case outOfResources
        /// Nobody listens there, and the host says so.
        case refused
        /// There is no way to the host or its network.
        case unreachable
        /// The deadline passed first.
        case timedOut
        /// The proxy on the way there is missing, or none that serves this node: the address was not tried.
        case proxyUnavailable
        /// A name in the address leads nowhere.
        case nameNotFound
        /// Anything else.
        case failed
    }

    /// What sort of failure it was.
    public let code: Code
    /// A sentence for a person.
    public let reason: String

    /// A failure of the sort `code`; `reason` is a sentence for a person.
    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { self.reason }

    public static func == (left: TransportError, right: TransportError) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.code) }
}
