import Bytes
import ConnectionUpgrade
import Cryptography
public import EventLoop
public import Multiformats
import Noise
public import PeerIdentity
import Storage
import Telemetry
public import Transport

/// The connections of one node: it listens, dials, secures, and gives streams to protocols.
public final class Swarm: Sendable {
    /// The key that proves to peers who this node is.
    public let identity: PrivateKey
    /// This node's name among peers, made of its public key.
    public let localPeer: PeerID
    /// How the swarm connects.
    public let configuration: SwarmConfiguration
    /// The threads that connections live on.
    public let loops: EventLoopGroup

    /// What connections, streams and memory are charged to.
    public let resources: any ResourceScope

    let transports: [any Transport]
    let protocols: ProtocolTable
    let events = EventBroadcaster<NodeEvent>()
    let table = ConnectionTable()
    /// Which connections matter, and how many are kept.
    public let connectionManager: ConnectionManager
    private let persistent = Locked<PersistentPeers?>(nil)
    /// What is known of peers.
    public let peerStore: PeerStore
    /// Who may connect and be dialled.
    public let gater: ConnectionGater
    private let storage: Storage?
    let pendingDials = PendingDials()
    /// Where peers see this node.
    let addressObserver: AddressObserver
    let dialGate: DialGate
    let dialSlots: DialSlotPool
    /// Dials and upgrades that nobody waits for in particular.
    let tasks = TaskSet()
    let resolver: AddressResolver
    private let names: NameResolver
    let listeners = Locked(Listeners())
    /// Where services say what they want to hear.
    package let hooks: SwarmHooks
    private static let log = Log("swarm")
    private let upgraderSlot = Locked<ConnectionUpgrader?>(nil)

    struct Listeners: Sendable {
        var all: [any TransportListener] = []
        /// The addresses that were told as `NodeEvent.listening`, without the node's `/p2p`.
        var told: [Multiaddr] = []
        /// Watches the interfaces for listeners on every one of them.
        var watcher: LoopBound<InterfaceWatcher>?
        var isWatching = false
        var isClosed = false
    }

    /// Makes a swarm that neither listens nor dials yet. Throws where the cipher is not to be had, `StorageError` where its
    /// database cannot be opened, and `AnnounceError` where peers could do nothing with an address that they are to be told.
    public init(
        identity: PrivateKey, transports: [any Transport], loops: EventLoopGroup,
        configuration: SwarmConfiguration = .init()
    ) async throws {
        self.identity = identity
        self.localPeer = PeerID(identity.publicKey)
        try configuration.announce.check(for: self.localPeer)
        self.configuration = configuration
        let limits = configuration.limits ?? .scaledToMachine()
        let resources = configuration.resources ?? ResourceManager(limits)
        self.resources = resources
        let fitting = configuration.resources == nil ? limits : .unlimited
        let dials = configuration.dialLimits.within(fitting)
        self.connectionManager = ConnectionManager(
            configuration.connections ?? .fitting(fitting), places: InboundPlaces(fitting, dials: dials.perNode),
            self.table, loops: loops)
        self.transports = transports
        self.loops = loops
        self.dialGate = DialGate(configuration.dialLimits)
        self.dialSlots = DialSlotPool(dials)
        self.names = NameResolver(loops.next(), servers: configuration.nameServers)
        self.resolver = AddressResolver(self.names)
        var random = SystemRandom()
        let staticKey = try NoiseStaticKey(identity: identity, using: &random)
        self.storage = if let path = configuration.storage { try await NodeDatabase.open(path) } else { nil }
        do {
            let listedOnly = configuration.allowsListedOnly
            self.peerStore = if let storage = self.storage { try await PeerStore(storage) } else { PeerStore() }
            self.gater =
                if let storage = self.storage {
                    try await ConnectionGater(storage, allowsListedOnly: listedOnly)
                } else { ConnectionGater(allowsListedOnly: listedOnly) }
        } catch {
            await self.storage?.close()
            throw error
        }
        let hooks = SwarmHooks()
        self.hooks = hooks
        self.addressObserver = Self.addressObserver(
            configuration, PeerID(identity.publicKey), on: loops.next(), self.events, hooks)
        self.protocols = ProtocolTable { hooks.protocolsChanged() }
        var upgrade = UpgradeConfiguration(
            identity: identity, staticKey: staticKey, router: self.protocols, resources: resources)
        upgrade.privateNetwork = configuration.privateNetwork
        upgrade.yamux = configuration.yamux
        upgrade.nodeWindowBudget = WindowBudget(limit: configuration.nodeWindowBudget)
        upgrade.connectionWindowBudget = configuration.connectionWindowBudget
        upgrade.verifiedKeys = configuration.verifiedStaticKeys
        upgrade.handshakeTimeout = configuration.handshakeTimeout
        upgrade.negotiationTimeout = configuration.negotiationTimeout
        upgrade.onClosed = { [weak self] connection, reason in self?.connectionClosed(connection, reason) }
        upgrade.onRefused = { [weak self] connection, limit in
            self?.events.send(.refused(connection.remotePeer, limit))
        }
        upgrade.onStreamViolation = { SwarmMetrics.streamViolation(on: $0, $1) }
        upgrade.admits = { [weak self] peer, address, direction in
            self?.refusal(of: peer, at: address, direction).map { "\($0)" }
        }
        self.gater.onChange { [weak self] in self?.endRefusedConnections() }
        do {
            let upgrader = try await ConnectionUpgrader(upgrade, loops: loops)
            self.upgraderSlot.withLock { $0 = upgrader }
        } catch {
            await self.closeStorage()
            throw error
        }
    }

    var upgrader: ConnectionUpgrader? { self.upgraderSlot.withLock { $0 } }

    // MARK: Connections

    /// The connections that stand, oldest first.
    public var connections: [Connection] { self.table.all }

    /// The connections to one peer, oldest first.
    public func connections(to peer: PeerID) -> [Connection] { self.table.connections(to: peer) }

    /// Ends every connection to the peer, in order.
    public func disconnect(_ peer: PeerID) async {
        for connection in self.table.connections(to: peer) {
            await connection.close(gracePeriod: self.configuration.closingTime)
        }
    }

    /// What happens from now on, until the swarm has closed. A subscriber that leaves 1,024 events waiting loses the oldest.
    public func subscribe() -> AsyncStream<NodeEvent> { self.events.subscribe() }

    /// Tells the subscribers of an event.
    package func report(_ event: NodeEvent) { self.events.send(event) }

    /// Enters a connection that stands, on its loop; false where the swarm is closing.
    func register(_ connection: Connection) -> Bool {
        // One that has ended before it was entered is nobody's event.
        guard connection.closeReason == nil else { return false }
        guard self.table.insert(connection) else {
            connection.beginClose(gracePeriod: nil)
            return false
        }
        // The access list may have changed since the handshake.
        guard self.refusal(of: connection.remotePeer, at: connection.remoteAddress, connection.direction) == nil else {
            _ = self.table.remove(connection)
            connection.beginClose(gracePeriod: nil)
            return false
        }
        self.peerStore.connected(connection)
        self.persistent.withLock { $0 }?.connected(connection.remotePeer)
        SwarmMetrics.connected(connection)
        self.events.send(.connected(connection))
        self.hooks.connected(connection)
        self.connectionManager.connected(connection)
        return true
    }

    private func connectionClosed(_ connection: Connection, _ reason: ConnectionCloseReason) {
        guard self.table.remove(connection) else { return }
        self.peerStore.disconnected(connection)
        SwarmMetrics.disconnected(connection, reason)
        self.events.send(.disconnected(connection, reason))
        self.addressObserver.disconnected(connection)
        self.hooks.disconnected(connection)
    }

    // MARK: Peers that stay

    /// Connects to the peer, protects its connections, and dials it again, for as long as the swarm runs, whenever none
    /// stands. A dial that fails is an event. The node itself, which a list of peers for many nodes may name, is left out.
    public func keepConnected(to peer: PeerID, at addresses: [Multiaddr]) {
        guard peer != self.localPeer else {
            Self.log.info("a configured peer is this node itself, which is not dialled", ["peer": peer])
            return
        }
        self.keeper.add(peer, at: addresses)
    }

    /// The peers that `keepConnected` was called for, and how it stands with each.
    public var persistentPeers: [PersistentPeer] { self.keeper.all }

    private var keeper: PersistentPeers {
        self.persistent.withLock { keeper in
            let made = keeper ?? PersistentPeers(self, self.tasks, redialling: self.configuration.redialInterval)
            keeper = made
            return made
        }
    }

    private func closeStorage() async {
        await self.gater.close()
        await self.peerStore.close()
        await self.storage?.close()
    }

    // MARK: Closing

    /// Stops listening, says GoAway on every connection, lets each send what was written, and ends them.
    ///
    /// The loops go on: they belong to whoever made them.
    public func close() async {
        let listeners = self.listeners.withLock { listeners in
            listeners.isClosed = true
            defer { listeners.all = [] }
            return listeners.all
        }
        await self.stopFollowingInterfaces()
        for listener in listeners { await self.end(listener) }
        self.tellListenAddresses()
        self.tasks.cancel()
        self.addressObserver.close()
        self.connectionManager.close()
        self.names.cancelAll()
        let connections = self.table.close()
        await withDiscardingTaskGroup { group in
            for connection in connections {
                group.addTask { await connection.close(gracePeriod: self.configuration.closingTime) }
            }
        }
        await self.tasks.cancelAndWait()
        await self.closeStorage()
        self.events.finish()
        // A handler often refers to the node that it is a handler of.
        self.protocols.removeAll()
    }
}
