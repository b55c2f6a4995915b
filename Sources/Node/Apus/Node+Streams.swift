public import Multiformats
public import PeerIdentity
public import Swarm
public import Transport

extension Node {
    // MARK: Answering

    /// Answers streams of `protocolID` by `body`, on Swift's global executor or on the connection's loop.
    ///
    /// Returning closes the stream in order; throwing resets it, with the code of a `StreamReset`. The task is cancelled when
    /// the connection ends. A second handler for a protocol takes the place of the first.
    ///
    /// ```swift
    /// node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }
    /// ```
    public func handle(
        _ protocolID: String, on place: HandlerPlace = .anywhere,
        _ body: @escaping @Sendable (Stream) async throws -> Void
    ) {
        self.swarm.handle(protocolID, on: place, body)
    }

    /// Answers streams of `protocolID` by the callbacks of a handler that `makeHandler` makes for each of them.
    ///
    /// ```swift
    /// node.handle("/perf/1.0.0", PerfHandler.init)
    /// ```
    public func handle(_ protocolID: String, _ makeHandler: @escaping @Sendable () -> any StreamHandler) {
        self.swarm.handle(protocolID) { _ in makeHandler() }
    }

    /// Answers streams of `protocolID` by the callbacks of a handler that `makeHandler` makes for each of them, knowing it.
    ///
    /// `makeHandler` is called on the stream's loop when the protocol is agreed on.
    public func handle(_ protocolID: String, _ makeHandler: @escaping @Sendable (LoopStream) -> any StreamHandler) {
        self.swarm.handle(protocolID, makeHandler)
    }

    /// Answers `protocolID` no longer; streams that are open go on.
    public func removeHandler(_ protocolID: String) { self.swarm.removeHandler(protocolID) }

    // MARK: Connecting

    /// Notes where a peer may be found, for whoever names it by its PeerID alone.
    public func addAddresses(_ addresses: [Multiaddr], of peer: PeerID) {
        self.swarm.addAddresses(addresses, of: peer)
    }

    /// A connection to the peer: one that stands, or a new one over the addresses that are known.
    ///
    /// Without a `timeout`, the configuration bounds the time. Throws `DialError`, and `CancellationError` where the task
    /// was cancelled.
    public func connect(to peer: PeerID, timeout: Duration? = nil) async throws -> Connection {
        try await self.swarm.connect(to: peer, timeout: timeout)
    }

    /// A connection to the peer that `address` names behind `/p2p`, at that address among others.
    ///
    /// Throws `DialError`, also where the address names no peer, and `CancellationError`.
    public func connect(to address: Multiaddr, timeout: Duration? = nil) async throws -> Connection {
        try await self.swarm.connect(to: address, timeout: timeout)
    }

    /// The connections that stand, oldest first.
    public var connections: [Connection] { self.swarm.connections }

    /// Ends every connection to the peer, in order; returns when they have ended.
    public func disconnect(_ peer: PeerID) async { await self.swarm.disconnect(peer) }

    // MARK: Opening streams

    /// Opens a stream to a peer with the first of `protocols` that it supports.
    ///
    /// `timeout` bounds connecting and agreeing on the protocol together. Throws `DialError` where there is no connection,
    /// `StreamError` where there is no stream, and `CancellationError` where the task was cancelled.
    public func openStream(
        to peer: PeerID, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.swarm.openStream(to: peer, protocols, timeout: timeout)
    }

    /// Opens a stream to the peer that `address` names behind `/p2p`, as `openStream(to:_:timeout:)` of a peer does.
    public func openStream(
        to address: Multiaddr, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.swarm.openStream(to: address, protocols, timeout: timeout)
    }
}
