public import Multiformats
public import PeerIdentity
public import Swarm
public import Transport

extension Node {
    /// Answers streams of `protocolID` by `body`, on Swift's global executor or on the connection's loop.
    ///
    /// Returning closes the stream in order; throwing or being cancelled resets it.
    public func handle(
        _ protocolID: String, on place: HandlerPlace = .anywhere,
        _ body: @escaping @Sendable (Stream) async throws -> Void
    ) {
        self.swarm.handle(protocolID, on: place, body)
    }

    /// Answers streams of `protocolID` by the callbacks of the handler that `makeHandler` returns for each of them.
    public func handle(_ protocolID: String, _ makeHandler: @escaping @Sendable (LoopStream) -> any StreamHandler) {
        self.swarm.handle(protocolID, makeHandler)
    }

    /// Answers `protocolID` no longer.
    public func removeHandler(_ protocolID: String) { self.swarm.removeHandler(protocolID) }

    /// A connection to the peer: one that stands, or a new one over the addresses that are known. Throws `DialError`.
    public func connect(to peer: PeerID) async throws -> Connection { try await self.swarm.connect(to: peer) }

    /// A connection to the peer that `address` names behind `/p2p`. Throws `DialError`.
    public func connect(to address: Multiaddr) async throws -> Connection {
        try await self.swarm.connect(to: address)
    }

    /// Opens a stream to a peer with the first of `protocols` that it supports.
    ///
    /// Throws `DialError` where there is no connection, `StreamError` where there is no stream.
    public func openStream(
        to peer: PeerID, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.swarm.openStream(to: peer, protocols, timeout: timeout)
    }

    /// Opens a stream to the peer that `address` names behind `/p2p`.
    public func openStream(
        to address: Multiaddr, _ protocols: [String], timeout: Duration = .seconds(15)
    ) async throws -> Stream {
        try await self.swarm.openStream(to: address, protocols, timeout: timeout)
    }
}
