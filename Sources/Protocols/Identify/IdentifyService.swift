import Bytes
import EventLoop
public import PeerIdentity
public import Swarm
public import Transport

/// Tells peers what this node is, and asks every peer that a connection comes to stand with (libp2p identify).
///
/// Whoever makes a service keeps it: the swarm does not.
public final class IdentifyService: Sendable {
    /// The protocol by which a peer is asked what it is.
    public static let protocolID = "/ipfs/id/1.0.0"
    /// The protocol by which a peer tells unasked what changed.
    public static let pushProtocolID = "/ipfs/id/push/1.0.0"

    let swarm: Swarm
    let configuration: IdentifyConfiguration
    let sequence = RecordSequence()
    /// Pushes, which belong to no connection.
    let tasks = TaskSet()
    let state = Locked(State())
    private let identifyStreams = InboundStreamLimit(IdentifyLimits.inboundStreams)
    private let pushStreams = InboundStreamLimit(IdentifyLimits.inboundStreams)

    struct State {
        var table = IdentifyTable()
        var snapshot: IdentifySnapshot?
        /// Counts what may have changed what this node says; the snapshot is as of `snapshotChange`.
        var change: UInt64 = 1
        var snapshotChange: UInt64 = 0
        var pushIsScheduled = false
        var isStopped = false
    }

    /// Serves `/ipfs/id/1.0.0` and `/ipfs/id/push/1.0.0` on `swarm`, and identifies every connection from now on.
    public init(swarm: Swarm, configuration: IdentifyConfiguration = .init()) {
        self.swarm = swarm
        self.configuration = configuration
        swarm.handle(Self.protocolID) { [weak self] stream in
            self?.answer(stream) ?? RefusedStream(stream, code: 0)
        }
        swarm.handle(Self.pushProtocolID) { [weak self] stream in
            self?.receivePush(stream) ?? RefusedStream(stream, code: 0)
        }
        swarm.hooks.onConnected { [weak self] connection in self?.begin(connection) }
        swarm.hooks.onDisconnected { [weak self] connection in self?.forget(connection) }
        swarm.hooks.onChanged { [weak self] in self?.changed(delay: configuration.pushDelay) }
        for connection in swarm.connections { self.begin(connection) }
    }

    /// What the peer of `connection` said of itself; waits for the exchange that runs by itself on every new connection.
    ///
    /// Throws `IdentifyError`, and `CancellationError` where the task is cancelled.
    public func information(of connection: Connection) async throws -> IdentifyInfo {
        guard connection.closeReason == nil else { throw IdentifyError.connectionClosed }
        // Whoever heard of the connection by an event may ask before the service has heard of it.
        self.begin(connection)
        let pending = PendingResult<IdentifyInfo>()
        let result = self.state.withLock { state -> Result<IdentifyInfo, IdentifyError>? in
            state.isStopped ? .failure(.stopped) : state.table.result(of: connection, orTell: pending)
        }
        if let result { return try result.get() }
        return try await pending.wait()
    }

    /// What is known of a peer that is connected, or was not long ago.
    public func information(of peer: PeerID) -> IdentifyInfo? {
        self.state.withLock { $0.table.info(of: peer) }
    }

    /// Tells connected peers now what changed since they were told last. Changes of protocols and listen addresses are
    /// told without it, after `IdentifyConfiguration.pushDelay`.
    public func push() {
        self.changed(delay: .zero)
    }

    /// Stops serving and asking; whoever still waits gets `IdentifyError.stopped`.
    public func stop() async {
        let waiters = self.state.withLock { state in
            state.isStopped = true
            return state.table.removeAll()
        }
        for waiter in waiters { waiter.finish(.failure(IdentifyError.stopped)) }
        self.swarm.removeHandler(Self.protocolID)
        self.swarm.removeHandler(Self.pushProtocolID)
        await self.tasks.cancelAndWait()
    }

    // MARK: Connections

    /// Enters a connection and asks its peer, unless that was done before.
    private func begin(_ connection: Connection) {
        let isNew = self.state.withLock { !$0.isStopped && $0.table.insert(connection) }
        guard isNew else { return }
        connection.tasks.add(on: connection.loop) { [weak self] in await self?.identify(connection) }
        // It may have ended before it was entered.
        if connection.closeReason != nil { self.forget(connection) }
    }

    private func forget(_ connection: Connection) {
        let isLast = self.swarm.connections(to: connection.remotePeer).isEmpty
        let waiters = self.state.withLock { $0.table.remove(connection, isLast: isLast) }
        for waiter in waiters { waiter.finish(.failure(IdentifyError.connectionClosed)) }
    }

    // MARK: Streams that peers open

    /// Runs on the stream's loop.
    private func answer(_ stream: LoopStream) -> any StreamHandler {
        let connection = stream.connection
        guard self.identifyStreams.enter(connection) else {
            return RefusedStream(stream, code: StreamErrorCode.resourceLimitExceeded)
        }
        let snapshot = self.currentSnapshot()
        self.state.withLock { $0.table.told(connection, snapshot.number) }
        return IdentifySender(stream, snapshot.bytes(for: connection)) { [identifyStreams] in
            identifyStreams.leave(connection)
        }
    }

    /// Runs on the stream's loop.
    private func receivePush(_ stream: LoopStream) -> any StreamHandler {
        let connection = stream.connection
        let now = stream.loop.now
        guard self.state.withLock({ $0.table.admitPush(on: connection, now: now) }) else {
            return RefusedStream(stream, code: StreamErrorCode.rateLimited)
        }
        guard self.pushStreams.enter(connection) else {
            return RefusedStream(stream, code: StreamErrorCode.resourceLimitExceeded)
        }
        return IdentifyReceiver(
            stream, start: now, timeout: self.configuration.timeout,
            onClosed: { [pushStreams] in pushStreams.leave(connection) },
            completion: { [weak self] outcome in
                if case .success(let message) = outcome { self?.accept(message, of: connection, isPush: true) }
            })
    }
}
