/// Where an address of a peer comes from, from the least to the most that it is worth.
///
/// The times are those of go-libp2p (core/peerstore, "TempAddrTTL", "AddressTTL", "RecentlyConnectedAddrTTL" and
/// "PermanentAddrTTL"). While the peer is connected, none of its addresses expires.
public enum AddressSource: Int, Sendable, Hashable, CaseIterable {
    /// Somebody on the network announced it, as by mDNS: two minutes.
    case discovered = 1
    /// The peer or others said so without a signature: an hour. Where a signed record holds, such words are passed over.
    case told = 2
    /// The peer's own signed record names it: an hour.
    case signed = 3
    /// The program dials the peer there: two minutes.
    case dialled = 4
    /// The program noted it: until room is needed.
    case added = 5
    /// A connection that this node began stands there, or did: until 15 minutes behind its end.
    case connected = 6
    /// It stands in the node's configuration: as long as the node runs. Its peer is never forgotten.
    case configured = 7

    /// Whether others alone say that the peer is there, which does not make the node look for it everywhere (`DialFilter`).
    var isHeard: Bool { self == .told || self == .signed }

    /// How long an address is kept; nil for one that does not expire.
    var lifetime: Duration? {
        switch self {
        case .discovered, .dialled: .seconds(120)
        case .told, .signed: .seconds(3_600)
        case .connected: PeerStoreLimits.recentlyConnected
        case .added, .configured: nil
        }
    }
}

extension AddressSource: Comparable {
    /// The source that is worth less is the lower one.
    public static func < (left: AddressSource, right: AddressSource) -> Bool { left.rawValue < right.rawValue }
}

extension AddressSource: CustomStringConvertible {
    /// The name of the case.
    public var description: String {
        switch self {
        case .discovered: "discovered"
        case .told: "told"
        case .signed: "signed"
        case .dialled: "dialled"
        case .added: "added"
        case .connected: "connected"
        case .configured: "configured"
        }
    }
}
