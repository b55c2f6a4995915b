import Bytes
public import Discovery
import EventLoop
public import Identify
public import Multiformats
public import PeerIdentity
import Perf
import Ping
public import Swarm
import Telemetry
import Transport

/// A libp2p node: it listens, dials, answers protocols and opens streams to peers.
///
/// ```swift
/// let node = try await Node(.init(identity: .file("peer.key"), listen: ["/ip4/0.0.0.0/tcp/4001"]))
/// node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }
/// try await node.run()
/// ```
///
/// A node has threads of its own, which `run` and `withNode` end; whoever uses `start` ends them with `shutdown`.
public final class Node: Sendable {
    /// What the node was made from.
    public let configuration: NodeConfiguration
    /// The key that proves to peers who the node is.
    public let identity: PrivateKey
    /// The connections under the node, for what this type does not offer itself.
    public let swarm: Swarm
    /// What peers said of themselves; nil for a node that does without.
    public let identify: IdentifyService?
    /// What finds peers on the local networks; nil for a node that does without.
    public let mdns: MDNSService?

    private let ownLoops: EventLoopGroup?
    private let state = Locked(State())
    private static let log = Log("node")

    private struct State {
        var phase = Phase.made
        var waiters: [CheckedContinuation<Bool, Never>] = []
    }

    private enum Phase {
        case made
        case started
        case stopping
        case stopped
    }

    /// Makes a node that neither listens nor dials yet.
    ///
    /// Throws `KeyFileError` where the identity's file cannot be read, or made, `StorageError` where the database of
    /// `NodeConfiguration.storage` cannot be opened, `AnnounceError` where `SwarmConfiguration.announce` has an address that is
    /// of no use or another peer's, and `PrivateNetworkRequired` where the environment wants a private network
    /// and the configuration has none.
    public init(_ configuration: NodeConfiguration = .init()) async throws {
        self.configuration = configuration
        try PrivateNetworkRequired.check(configuration.swarm.privateNetwork)
        self.identity = try Self.identity(of: configuration)
        _ = try? OpenFileLimit.raise()
        let loops =
            configuration.sharedLoops
            ?? EventLoopGroup(
                count: configuration.swarm.loops, options: EventLoopOptions(spinning: configuration.swarm.spinning))
        self.ownLoops = configuration.sharedLoops == nil ? loops : nil
        do {
            self.swarm = try await Swarm(
                identity: self.identity, transports: configuration.transports, loops: loops,
                configuration: configuration.swarm)
        } catch {
            await self.ownLoops?.shutdown()
            throw error
        }
        PingService.serve(on: self.swarm)
        if configuration.servesPerf { PerfService.serve(on: self.swarm) }
        var identify = IdentifyConfiguration()
        identify.agentVersion = configuration.agentVersion
        self.identify = configuration.identifies ? IdentifyService(swarm: self.swarm, configuration: identify) : nil
        self.mdns = configuration.mdns.map { [swarm = self.swarm] in MDNSService(swarm: swarm, configuration: $0) }
    }

    private static func identity(of configuration: NodeConfiguration) throws -> PrivateKey {
        switch configuration.identity {
        case .ephemeral: return try PrivateKey.generate(.ed25519)
        case .key(let key): return key
        case .file(let path):
            let file = KeyFile(path)
            guard !file.exists else { return try file.read() }
            // A node that cannot be leaves no key behind.
            try configuration.swarm.announce.check(for: nil)
            let key = try PrivateKey.generate(.ed25519)
            try file.write(key)
            return key
        }
    }

    /// The node's name among peers, made of its public key.
    public var peerID: PeerID { self.swarm.localPeer }

    /// The addresses at which the node can be dialled, with its `/p2p`: those that peers are told of.
    public var addresses: [Multiaddr] { self.swarm.withPeer(self.swarm.announcedAddresses) }

    /// What happens from now on, until the node has shut down. Every call makes a subscription of its own.
    ///
    /// A subscriber that leaves 1,024 events waiting loses the oldest of them.
    ///
    /// ```swift
    /// for await event in node.events {
    ///     if case .connected(let connection) = event { print("connected to \(connection.remotePeer)") }
    /// }
    /// ```
    public var events: AsyncStream<NodeEvent> { self.swarm.subscribe() }

    // MARK: Running

    /// Listens, and begins to connect to the bootstrap peers; each dial of one that fails is an event.
    ///
    /// Does nothing where the node was started before. An address of a family that the host does not have is left out with a warning, so that the same list serves everywhere.
    /// Throws `TransportError` where another cannot be listened on, or none is left; the node must then be shut down.
    public func start() async throws {
        let begins = self.state.withLock { state -> Bool in
            guard case .made = state.phase else { return false }
            state.phase = .started
            return true
        }
        guard begins else { return }
        var leftOut: [(address: Multiaddr, error: TransportError)] = []
        for address in self.configuration.listen {
            do {
                try await self.swarm.listen(on: address)
            } catch let error as TransportError where error.code == .unavailableFamily {
                leftOut.append((address, error))
            }
        }
        if let first = leftOut.first, leftOut.count == self.configuration.listen.count { throw first.error }
        if let network = self.configuration.swarm.privateNetwork {
            Self.log.info("the node is in a private network", ["fingerprint": network])
        }
        for (address, error) in leftOut {
            Self.log.warning("an address is not listened on", ["address": address, "reason": error])
        }
        await self.mdns?.start()
        for address in self.configuration.bootstrap + self.configuration.peers {
            guard let peer = address.peerID else {
                self.swarm.report(.dialFailed(DialError(withoutPeer: address)))
                continue
            }
            self.swarm.keepConnected(to: peer, at: [address])
        }
    }

    /// Starts the node unless it was, keeps it running until the task is cancelled or `shutdown` is called, and drains it.
    ///
    /// Being cancelled is an order to end and no error, so a service group may simply run it. Throws `TransportError` where
    /// an address cannot be listened on.
    public func run() async throws {
        do {
            try await self.start()
        } catch {
            await self.shutdown()
            throw error
        }
        await self.waitUntilStopping()
        await self.shutdown()
    }

    /// Ends the node in order: no new connections, GoAway on those that stand, time to send what was written.
    ///
    /// Returns when everything has ended, within about `SwarmConfiguration.closingTime`. A second call waits for the first.
    public func shutdown() async {
        let begins = self.state.withLock { state -> Bool in
            switch state.phase {
            case .made, .started:
                state.phase = .stopping
                return true
            case .stopping, .stopped: return false
            }
        }
        // A stream's handler that was cancelled by the first call must end, or that one never does.
        guard begins else { return await self.wait(orCancelled: TaskSet.currentIsMember) { $0 == .stopped } }
        self.wakeWaiters()
        await self.mdns?.stop()
        await self.identify?.stop()
        await self.swarm.close()
        await self.ownLoops?.shutdown()
        self.state.withLock { $0.phase = .stopped }
        self.wakeWaiters()
    }

    private func waitUntilStopping() async {
        await self.wait(orCancelled: true) { $0 == .stopping || $0 == .stopped }
    }

    /// Waits until the node is in a phase that will do or, where `orCancelled` says so, the task is cancelled.
    private func wait(
        orCancelled: Bool, until isReached: @escaping @Sendable (Phase) -> Bool
    ) async {
        while true {
            let isDone = await withTaskCancellationHandler {
                await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                    let isDone = self.state.withLock { state -> Bool in
                        if (orCancelled && Task.isCancelled) || isReached(state.phase) { return true }
                        state.waiters.append(continuation)
                        return false
                    }
                    if isDone { continuation.resume(returning: true) }
                }
            } onCancel: {
                self.wakeWaiters()
            }
            if isDone { return }
        }
    }

    private func wakeWaiters() {
        let waiters = self.state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: false) }
    }
}
