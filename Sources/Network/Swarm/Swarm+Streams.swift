import Bytes
import EventLoop
public import Multiformats
public import PeerIdentity
public import Transport

/// Where a protocol's handler runs.
public enum HandlerPlace: Sendable {
    /// On Swift's global executor: for everyone.
    case anywhere
    /// On the connection's loop: it must not block, and is woken in a fraction of the time.
    case loop
}

extension Swarm {
    /// Answers streams of `protocolID` by `body`.
    ///
    /// When it returns, the stream is closed in order; when it throws or is cancelled, the stream is reset.
    public func handle(
        _ protocolID: String, on place: HandlerPlace = .anywhere,
        _ body: @escaping @Sendable (Stream) async throws -> Void
    ) {
        self.protocols.set(.task(onLoop: place == .loop, body), for: protocolID)
    }

    /// Answers streams of `protocolID` by the callbacks of the handler that `makeHandler` returns for each.
    public func handle(
        _ protocolID: String, _ makeHandler: @escaping @Sendable (LoopStream) -> any StreamHandler
    ) {
        self.protocols.set(.callbacks(makeHandler), for: protocolID)
    }

    /// Answers `protocolID` no longer; streams that are open go on.
    public func removeHandler(_ protocolID: String) {
        self.protocols.set(nil, for: protocolID)
    }

    /// The protocols that this node answers, in the order of their names.
    public var supportedProtocols: [String] { self.protocols.protocolIDs() }

    /// Opens a stream to the peer over a connection that stands or a new one, with the first of `protocols` that it
    /// supports, all within `timeout`. Throws `DialError` and `StreamError`.
    public func openStream(
        to peer: PeerID, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        let deadline = EventLoop.monotonicNow() + timeout
        let connection = try await self.connect(to: peer, until: deadline, timeout: timeout)
        return try await connection.openStream(protocols, timeout: max(deadline - EventLoop.monotonicNow(), .zero))
    }

    private func connect(to peer: PeerID, until deadline: Instant, timeout: Duration) async throws -> Connection {
        if let connection = self.usableConnection(to: peer) { return connection }
        do {
            return try await self.loops.next().withDeadline(deadline) { try await self.connect(to: peer) }
        } catch is DeadlineExceeded {
            throw DialError(peer: peer, reason: "no connection came about within \(timeout)")
        }
    }

    /// Opens a stream to the peer that `address` names behind `/p2p`.
    public func openStream(
        to address: Multiaddr, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.openStream(to: self.note(address), protocols, timeout: timeout)
    }
}
