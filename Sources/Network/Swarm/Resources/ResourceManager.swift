import Bytes
import EventLoop
public import Multiformats
import PeerIdentity
public import Transport

/// The accounts of a node: what it has, how much each peer, protocol, connection and stream of it holds, and why something
/// was refused.
///
/// A connection is charged to what has no peer yet until the handshake has shown whose it is, then to that peer; a stream to
/// what has no protocol yet until it has agreed on one, where the peer began it, then to that protocol. Both are charged to the node all the time.
public final class ResourceManager: ResourceScope {
    /// How much everybody may have.
    public let limits: ResourceLimits
    let system: ResourceAccount
    let transient: ResourceAccount
    let peers: AccountTable<PeerID>
    let protocols: AccountTable<String>
    let networks: NetworkLimiter
    let halfOpenStreams = HalfOpenQueue()
    let halfOpenConnections: HalfOpenConnections
    private let refusals: RefusalCounter

    /// The accounts of a new node.
    public init(_ limits: ResourceLimits = .scaledToMachine()) {
        self.limits = limits
        self.system = ResourceAccount(.system, limits.system)
        self.transient = ResourceAccount(.transient, limits.transient)
        self.peers = AccountTable(limits.peer) { .peer($0) }
        self.protocols = AccountTable(limits.protocolID) { .protocolID($0) }
        self.networks = NetworkLimiter(limits.networks)
        self.halfOpenConnections = HalfOpenConnections(places: InboundPlaces(limits).handshakes)
        self.refusals = RefusalCounter()
    }

    /// Charges the resource to the node.
    public func reserve(_ resource: Resource) throws(ResourceLimitError) {
        do {
            try self.system.take(ResourceUse(resource))
        } catch {
            throw self.noted(error)
        }
    }

    /// Gives back what `reserve` charged.
    public func release(_ resource: Resource) { self.system.give(ResourceUse(resource)) }

    /// The account of one connection with its socket, which are charged.
    public func connectionScope(
        _ direction: Direction, _ remoteAddress: Multiaddr?
    ) throws(ResourceLimitError) -> any ConnectionScope {
        var place: NetworkLimiter.Place?
        do throws(ResourceLimitError) {
            if direction == .inbound, let ip = remoteAddress?.ipAddress {
                place = try self.networks.enter(ip, now: EventLoop.monotonicNow())
            }
            return try ConnectionResources(direction, network: place, of: self)
        } catch {
            if let place { self.networks.leave(place) }
            throw self.noted(error)
        }
    }

    /// Counts and logs a refusal on its way to who asked.
    func noted(_ error: ResourceLimitError) -> ResourceLimitError {
        self.refusals.note(error)
        return error
    }

    /// Who holds what now.
    public var report: ResourceReport {
        ResourceReport(
            limits: self.limits, system: self.system.use, transient: self.transient.use,
            peers: self.peers.all.map { ResourceReport.Peer(peer: $0.key, use: $0.use) }
                .sorted { ($1.use.memory, $0.peer.description) < ($0.use.memory, $1.peer.description) },
            protocols: self.protocols.all.map { ResourceReport.ProtocolUse(name: $0.key, use: $0.use) }
                .sorted { ($1.use.memory, $0.name) < ($0.use.memory, $1.name) },
            fullNetworks: self.networks.full(now: EventLoop.monotonicNow())
                .map { ResourceReport.FullNetwork(network: $0.network, connections: $0.connections) },
            refusals: self.refusals.counts)
    }
}
