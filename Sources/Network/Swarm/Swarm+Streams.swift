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
    /// Answers streams of `protocolID` by `body`, on Swift's global executor or on the connection's loop.
    ///
    /// When it returns, the stream is closed in order; when it throws, the stream is reset, with the code of a
    /// `StreamReset`. Its task is cancelled when the connection ends. A second handler for a protocol takes the place of the
    /// first.
    public func handle(
        _ protocolID: String, on place: HandlerPlace = .anywhere,
        _ body: @escaping @Sendable (Stream) async throws -> Void
    ) {
        self.protocols.set(.task(onLoop: place == .loop, body), for: protocolID)
    }

    /// Answers streams of `protocolID` by the callbacks of the handler that `makeHandler` returns for each of them.
    ///
    /// `makeHandler` is called on the stream's loop when the protocol is agreed on.
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
    /// supports.
    ///
    /// `timeout` bounds connecting and agreeing on the protocol together. Throws `DialError` where there is no connection,
    /// `StreamError` where there is no stream, and `CancellationError`.
    public func openStream(
        to peer: PeerID, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.openStream(protocols, timeout: timeout) { try await self.connect(to: peer, timeout: timeout) }
    }

    /// Opens a stream to the peer that `address` names behind `/p2p`, as `openStream(to:_:timeout:)` of a peer does.
    public func openStream(
        to address: Multiaddr, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.openStream(protocols, timeout: timeout) { try await self.connect(to: address, timeout: timeout) }
    }

    private func openStream(
        _ protocols: [String], timeout: Duration, over connect: () async throws -> Connection
    ) async throws -> Stream {
        let deadline = EventLoop.monotonicNow() + timeout
        let connection = try await connect()
        return try await connection.openStream(protocols, timeout: max(deadline - EventLoop.monotonicNow(), .zero))
    }
}
