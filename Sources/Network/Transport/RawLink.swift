public import EventLoop
public import Multiformats
import Synchronization

/// A connected, non-blocking socket with its two addresses, before anything was said over it.
///
/// It closes the socket unless somebody takes it, and until then counts as load of its loop, so that a burst of links is
/// spread over the loops.
public final class RawLink: Sendable {
    /// The loop that the connection is to live on.
    public let loop: EventLoop
    /// This side's end of the socket.
    public let localAddress: Multiaddr
    /// The other side's end of the socket.
    public let remoteAddress: Multiaddr
    /// By which way the two ends reach each other.
    public let route: ConnectionRoute
    private let descriptor: Atomic<Int32>

    /// Takes over `descriptor`.
    public init(
        descriptor: Int32, loop: EventLoop, localAddress: Multiaddr, remoteAddress: Multiaddr,
        route: ConnectionRoute = .direct
    ) {
        self.descriptor = Atomic(descriptor)
        self.loop = loop
        self.localAddress = localAddress
        self.remoteAddress = remoteAddress
        self.route = route
        loop.retainLoad()
    }

    deinit {
        if let descriptor = self.takeDescriptor() { Socket(descriptor: descriptor).close() }
    }

    /// Gives away the socket; nil where somebody took it before.
    public func takeDescriptor() -> Int32? {
        let descriptor = self.descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        guard descriptor >= 0 else { return nil }
        self.loop.releaseLoad()
        return descriptor
    }
}
