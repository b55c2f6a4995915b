public import Multiformats
public import PeerIdentity

/// Who holds what of a node's resources, and what was refused.
public struct ResourceReport: Hashable, Sendable {
    /// What a peer holds.
    public struct Peer: Hashable, Sendable {
        /// Whose it is.
        public let peer: PeerID
        /// All that the peer's connections and their streams hold.
        public let use: ResourceUse
    }

    /// What the streams of a protocol hold.
    public struct ProtocolUse: Hashable, Sendable {
        /// The protocol's name.
        public let name: String
        /// All that its streams hold.
        public let use: ResourceUse
    }

    /// A network of hosts that has as many inbound connections as it may, or had them too fast.
    public struct FullNetwork: Hashable, Sendable {
        /// The hosts.
        public let network: IPNetwork
        /// How many inbound connections they have.
        public let connections: Int
    }

    /// How often something was refused.
    public struct Refusals: Hashable, Sendable {
        /// The kind of account whose limit it was, such as "peer".
        public let scope: String
        /// What was refused, such as "inbound_stream".
        public let resource: String
        /// How often, since the node began.
        public let count: UInt64
    }

    /// How much everybody may have.
    public let limits: ResourceLimits
    /// All of the node.
    public let system: ResourceUse
    /// Connections without a peer and streams without a protocol.
    public let transient: ResourceUse
    /// Peers with connections; those that hold the most memory first.
    public let peers: [Peer]
    /// Protocols with streams; those that hold the most memory first.
    public let protocols: [ProtocolUse]
    /// Networks from which no connection is taken now; those with the most connections first.
    public let fullNetworks: [FullNetwork]
    /// What was refused, by the kind of account and of resource.
    public let refusals: [Refusals]
}
