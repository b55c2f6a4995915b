import Bytes
import ConnectionUpgrade
import Cryptography
public import EventLoop
import Noise
public import PeerIdentity
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

    let transports: [any Transport]
    let protocols: ProtocolTable
    let events = EventBroadcaster<NodeEvent>()
    let table = ConnectionTable()
    let addressBook = AddressBook()
    let pendingDials = PendingDials()
    /// Dials and upgrades that nobody waits for in particular.
    let tasks = TaskSet()
    let resolver: AddressResolver
    private let names: NameResolver
    let listeners = Locked(Listeners())
    /// Where services say what they want to hear.
    package let hooks: SwarmHooks
    private let upgraderSlot = Locked<ConnectionUpgrader?>(nil)

    struct Listeners: Sendable {
        var all: [any TransportListener] = []
        var isClosed = false
    }

    /// Makes a swarm that neither listens nor dials yet. Throws where the cipher is not to be had.
    public init(
        identity: PrivateKey, transports: [any Transport], loops: EventLoopGroup,
        configuration: SwarmConfiguration = .init()
    ) async throws {
        self.identity = identity
        self.localPeer = PeerID(identity.publicKey)
        self.configuration = configuration
        self.transports = transports
        self.loops = loops
        self.names = NameResolver(loops.next(), servers: configuration.nameServers)
        self.resolver = AddressResolver(self.names)
        let hooks = SwarmHooks()
        self.hooks = hooks
        self.protocols = ProtocolTable { hooks.protocolsChanged() }
        var random = SystemRandom()
        var upgrade = UpgradeConfiguration(
            identity: identity, staticKey: try NoiseStaticKey(identity: identity, using: &random),
            router: self.protocols, resources: configuration.resources)
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
        let upgrader = try await ConnectionUpgrader(upgrade, loops: loops)
        self.upgraderSlot.withLock { $0 = upgrader }
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
        SwarmMetrics.connected(connection)
        self.events.send(.connected(connection))
        self.hooks.connected(connection)
        return true
    }

    private func connectionClosed(_ connection: Connection, _ reason: ConnectionCloseReason) {
        guard self.table.remove(connection) else { return }
        SwarmMetrics.disconnected(connection, reason)
        self.events.send(.disconnected(connection, reason))
        self.hooks.disconnected(connection)
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
        for listener in listeners {
            let addresses = self.withPeer(ListenAddresses.expand([listener.address]))
            await self.end(listener)
            for address in addresses { self.events.send(.stoppedListening(address)) }
        }
        self.tasks.cancel()
        self.names.cancelAll()
        let connections = self.table.close()
        await withDiscardingTaskGroup { group in
            for connection in connections {
                group.addTask { await connection.close(gracePeriod: self.configuration.closingTime) }
            }
        }
        await self.tasks.cancelAndWait()
        self.events.finish()
        // A handler often refers to the node that it is a handler of.
        self.protocols.removeAll()
    }
}
