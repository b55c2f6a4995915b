public import Bytes
public import EventLoop
public import Multiformats
public import PeerIdentity
import Synchronization

/// A secured, multiplexed connection to a peer, for use from any task.
public final class Connection: Sendable {
    /// What is known of a connection when it stands.
    public struct Description: Sendable {
        /// Who began the connection.
        public var direction: Direction
        /// This node.
        public var localPeer: PeerID
        /// The peer, as its key in the handshake proved.
        public var remotePeer: PeerID
        /// The key that the peer proved to have.
        public var remotePublicKey: PublicKey
        /// This side's end of the socket.
        public var localAddress: Multiaddr
        /// The peer's end of the socket: where it is now, which need not be where it listens.
        public var remoteAddress: Multiaddr
        /// By which way the two ends reach each other.
        public var route: ConnectionRoute
        /// The protocol id of the security protocol, such as "/noise".
        public var security: String
        /// The protocol id of the muxer, such as "/yamux/1.0.0".
        public var muxer: String

        /// What a transport and the handshake over it found out.
        public init(
            direction: Direction, localPeer: PeerID, remotePeer: PeerID, remotePublicKey: PublicKey,
            localAddress: Multiaddr, remoteAddress: Multiaddr, route: ConnectionRoute = .direct, security: String,
            muxer: String
        ) {
            self.direction = direction
            self.localPeer = localPeer
            self.remotePeer = remotePeer
            self.remotePublicKey = remotePublicKey
            self.localAddress = localAddress
            self.remoteAddress = remoteAddress
            self.route = route
            self.security = security
            self.muxer = muxer
        }
    }

    /// A number that no other connection of this process has.
    public let id: UInt64
    /// What is known of the connection since it stands.
    public let description: Description
    /// The loop that the connection and its streams live on.
    public let loop: EventLoop
    /// When it came to stand, on the clock of `EventLoop.monotonicNow()`.
    public let openedAt: Instant
    /// Tasks that serve the connection's streams; they end with it.
    package let tasks = TaskSet()

    private let scope: (any ConnectionScope)?
    private let driver: Locked<LoopBound<any ConnectionDriver>?>
    private let state = Locked(State())
    private let streams = Atomic<Int>(0)
    /// Nanoseconds of the instant at which the last stream ended.
    private let lastStreamEnded: Atomic<Int64>

    private struct State {
        var remoteProtocols: Set<String> = []
        /// Bytes that are charged for what is kept of the peer.
        var kept = 0
        var closeReason: ConnectionCloseReason?
        /// Whether those who watch all connections know that this one has ended.
        var isReported = false
        /// Whether this side or the peer has begun to close it.
        var isGoingAway = false
        var waiters: [Handover<ConnectionCloseReason>] = []
    }

    private static let lastID = Atomic<UInt64>(0)

    package init(_ description: Description, loop: EventLoop, scope: (any ConnectionScope)? = nil) {
        self.id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.description = description
        self.loop = loop
        self.scope = scope
        self.openedAt = EventLoop.monotonicNow()
        self.lastStreamEnded = Atomic(self.openedAt.nanoseconds)
        self.driver = Locked(nil)
    }

    /// Names the object that carries out this connection's commands; called on the loop before anyone else has `self`.
    package func attach(_ driver: any ConnectionDriver) {
        let bound = LoopBound(driver, on: self.loop)
        self.driver.withLock { $0 = bound }
    }

    /// Who began the connection.
    public var direction: Direction { self.description.direction }
    /// This node.
    public var localPeer: PeerID { self.description.localPeer }
    /// The peer, as its key in the handshake proved.
    public var remotePeer: PeerID { self.description.remotePeer }
    /// The key that the peer proved to have.
    public var remotePublicKey: PublicKey { self.description.remotePublicKey }
    /// This side's end of the socket.
    public var localAddress: Multiaddr { self.description.localAddress }
    /// The peer's end of the socket: where it is now, which need not be where it listens.
    public var remoteAddress: Multiaddr { self.description.remoteAddress }
    /// By which way the two ends reach each other.
    public var route: ConnectionRoute { self.description.route }
    /// The protocol id of the security protocol, such as "/noise".
    public var security: String { self.description.security }
    /// The protocol id of the muxer, such as "/yamux/1.0.0".
    public var muxer: String { self.description.muxer }

    /// Why the connection ended, or nil while it stands.
    public var closeReason: ConnectionCloseReason? { self.state.withLock { $0.closeReason } }

    /// Opens a stream and agrees with the peer on the first of `protocols` that it supports.
    ///
    /// Costs no round trip where the peer is known to support one of them. Throws `StreamError`, and `CancellationError`
    /// where the task was cancelled.
    public func openStream(_ protocols: [String], timeout: Duration = .seconds(15)) async throws -> Stream {
        try await self.open(protocols, timeout: timeout) { Stream($0) }
    }

    /// Opens a stream whose callbacks `makeHandler` returns; it is called on the loop when the protocol is agreed on.
    ///
    /// Throws what `openStream(_:timeout:)` throws.
    public func openStream(
        _ protocols: [String], timeout: Duration = .seconds(15),
        handler makeHandler: @escaping @Sendable (LoopStream) -> any StreamHandler
    ) async throws {
        try await self.open(protocols, timeout: timeout) { stream in stream.setHandler(makeHandler(stream)) }
    }

    private func open<Opened: Sendable>(
        _ protocols: [String], timeout: Duration, _ take: @escaping @Sendable (LoopStream) -> Opened
    ) async throws -> Opened {
        precondition(!protocols.isEmpty, "a stream needs at least one protocol")
        let request = PendingResult<Opened>()
        return try await request.wait {
            self.loop.runOrExecute {
                guard let driver = self.driver.withLock({ $0 })?.value else {
                    request.finish(.failure(StreamError.closed(.connectionClosed(self.closeText))))
                    return
                }
                driver.openStream(protocols, timeout: timeout) { result in
                    switch result {
                    case .success(let stream):
                        if request.isWaiting { request.finish(.success(take(stream))) } else { stream.reset() }
                    case .failure(let error): request.finish(.failure(error))
                    }
                }
            }
        }
    }

    /// Ends the connection in order: streams that are open may send what they have written, for at most `gracePeriod`.
    ///
    /// Returns when it is closed.
    public func close(gracePeriod: Duration = .seconds(1)) async {
        self.beginClose(gracePeriod: gracePeriod)
        _ = await self.waitUntilClosed()
        await self.tasks.cancelAndWait()
    }

    /// Starts closing, in order with a grace period or at once without.
    package func beginClose(gracePeriod: Duration?) {
        self.loop.runOrExecute { self.driver.withLock({ $0 })?.value.close(gracePeriod: gracePeriod) }
    }

    /// Waits until the connection has ended and says why.
    public func waitUntilClosed() async -> ConnectionCloseReason {
        await withHandover { handover in
            let reason = self.state.withLock { state -> ConnectionCloseReason? in
                guard state.isReported else {
                    state.waiters.append(handover)
                    return nil
                }
                return state.closeReason
            }
            if let reason { handover.give(reason) }
        }
    }

    private var closeText: String { self.closeReason.map { "\($0)" } ?? "it is not open" }

    /// How many streams are open, of either side.
    public var streamCount: Int { self.streams.load(ordering: .relaxed) }

    /// How many bytes of memory the connection and its streams hold: buffers, and windows that the peer may fill.
    public var heldMemory: Int { self.scope?.heldMemory ?? 0 }

    /// Since when no stream is open; nil while there is one.
    public var idleSince: Instant? {
        guard self.streamCount == 0 else { return nil }
        return Instant(nanoseconds: self.lastStreamEnded.load(ordering: .relaxed))
    }

    // MARK: What the driver and the services report

    /// Notes how many streams are open now.
    package func noteStreams(_ count: Int, now: Instant) {
        self.streams.store(count, ordering: .relaxed)
        if count == 0 { self.lastStreamEnded.store(now.nanoseconds, ordering: .relaxed) }
    }

    /// Notes that this side or the peer has begun to close the connection.
    package func noteGoingAway() { self.state.withLock { $0.isGoingAway = true } }

    /// Whether streams can still be opened.
    package var takesStreams: Bool { self.state.withLock { !$0.isGoingAway && $0.closeReason == nil } }

    /// Notes that the connection ended; its driver is let go of.
    ///
    /// `report` tells those who watch all connections: before anyone who waits for this one, so that whoever waits for the
    /// last connection of a node has had all its events.
    package func noteClosed(_ reason: ConnectionCloseReason, report: () -> Void) {
        self.driver.withLock { $0 = nil }
        self.state.withLock { $0.closeReason = $0.closeReason ?? reason }
        report()
        let waiters = self.state.withLock { state in
            state.isReported = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(reason) }
        self.tasks.cancel()
    }

    /// The first of `protocols` that the peer said it supports: a stream for it opens without waiting for its answer.
    package func supports(anyOf protocols: [String]) -> String? {
        self.state.withLock { state in protocols.first { state.remoteProtocols.contains($0) } }
    }

    /// Takes the peer to support `protocols` although it did not say so: a stream for them opens without waiting for its
    /// answer, and ends with an error where it does not.
    public func assumeSupport(of protocols: [String]) {
        self.state.withLock { $0.remoteProtocols.formUnion(protocols) }
    }

    /// The peer refused a protocol that it was taken to support.
    package func forgetSupport(of protocols: [String]) {
        self.state.withLock { $0.remoteProtocols.subtract(protocols) }
    }

    /// Charges the connection with `bytes` for what is kept of what its peer said, in place of what was kept before; one
    /// that may not have them ends. On the loop only.
    package func keep(_ bytes: Int) {
        let change = self.state.withLock { state in
            defer { state.kept = bytes }
            return bytes - state.kept
        }
        self.driver.withLock { $0 }?.value.charge(change)
    }

    /// The protocols that the peer said it supports.
    package var remoteProtocols: Set<String> {
        get { self.state.withLock { $0.remoteProtocols } }
        set { self.state.withLock { $0.remoteProtocols = newValue } }
    }
}

extension Connection: Hashable {
    public static func == (left: Connection, right: Connection) -> Bool { left.id == right.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.id) }
}
