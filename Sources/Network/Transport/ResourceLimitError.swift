public import Multiformats
public import PeerIdentity

/// Whose account a resource is charged to.
public enum ScopeName: Hashable, Sendable {
    /// All of the node.
    case system
    /// What nobody answers for yet: connections without a peer, streams without a protocol.
    case transient
    /// All that one peer has.
    case peer(PeerID)
    /// All streams of one protocol.
    case protocolID(String)
    /// One connection, with its streams.
    case connection
    /// One stream.
    case stream
    /// The hosts of one network.
    case network(IPNetwork)
    /// An account of a program's own.
    case other(String)
}

extension ScopeName: CustomStringConvertible {
    /// The account as a failure names it.
    public var description: String {
        switch self {
        case .system: "this node"
        case .transient: "what has no peer or protocol yet"
        case .peer(let peer): "the peer \(peer)"
        case .protocolID(let name): "the protocol \(name)"
        case .connection: "a connection"
        case .stream: "a stream"
        case .network(let name): "the network \(name)"
        case .other(let name): name
        }
    }

    /// The kind of account, for a metric's label.
    public var label: String {
        switch self {
        case .system: "system"
        case .transient: "transient"
        case .peer: "peer"
        case .protocolID: "protocol"
        case .connection: "connection"
        case .stream: "stream"
        case .network: "network"
        case .other: "other"
        }
    }
}

/// A request for a resource went above a limit.
public struct ResourceLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for.
    public let resource: Resource
    /// The account whose limit it is.
    public let scope: ScopeName
    /// How much of it the account may hold: bytes of memory, otherwise a count.
    public let limit: Int

    /// The refusal of `resource` by the limit of `scope`.
    public init(resource: Resource, scope: ScopeName, limit: Int) {
        self.resource = resource
        self.scope = scope
        self.limit = limit
    }

    public var description: String { "\(self.scope) may have no more than \(self.limit) \(self.resource)" }
}
