import Apus

/// How a running node is: who holds what of its resources, what was refused and counted, and how it stands with configured
/// peers. However many peers there are, it is short: those that hold the most are named.
struct StatusReport {
    /// So many peers, protocols and networks are named at most.
    private static let named = 20
    /// So many connections are.
    private static let namedConnections = 10

    /// A connection, as it was when it was looked at.
    struct HeldConnection {
        let connection: Connection
        let streams: Int
        let memory: Int
    }

    /// What was counted, by the name that other monitors know it by.
    struct Count {
        let name: String
        let labels: [(key: String, value: String)]
        let value: UInt64
    }

    let resources: ResourceReport?
    let persistentPeers: [PersistentPeer]
    let connections: Int
    /// The connections that hold the most memory and streams.
    let largest: [HeldConnection]
    /// The counters that are not zero.
    let counts: [Count]

    init(of node: Node) {
        self.resources = (node.swarm.resources as? ResourceManager)?.report
        self.persistentPeers = node.swarm.persistentPeers
        let connections = node.swarm.connections
        self.connections = connections.count
        self.largest = Array(
            connections.map { HeldConnection(connection: $0, streams: $0.streamCount, memory: $0.heldMemory) }
                .sorted { ($1.memory, $1.streams, $0.connection.id) < ($0.memory, $0.streams, $1.connection.id) }
                .prefix(Self.namedConnections))
        self.counts = MetricsRegistry.shared.snapshot().compactMap(Count.init)
    }

    var peers: ArraySlice<ResourceReport.Peer> { self.resources?.peers.prefix(Self.named) ?? [] }
    var protocols: ArraySlice<ResourceReport.ProtocolUse> { self.resources?.protocols.prefix(Self.named) ?? [] }
    var fullNetworks: ArraySlice<ResourceReport.FullNetwork> { self.resources?.fullNetworks.prefix(Self.named) ?? [] }

    /// The whole seconds until then.
    static func left(until next: Instant) -> Int {
        Int(max((next - EventLoop.monotonicNow()).seconds.rounded(.up), 0))
    }
}

extension StatusReport.Count {
    /// nil for what is zero, or no counter.
    fileprivate init?(_ sample: MetricSample) {
        guard case .counter(let value) = sample.value, value > 0 else { return nil }
        self.init(
            name: sample.identity.name, labels: sample.identity.labels.sorted { $0.key < $1.key }.map { ($0, $1) },
            value: value)
    }
}
