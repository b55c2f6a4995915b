public import Multiformats
public import PeerIdentity

/// Whom a rule is about: a peer, an IP address or a subnet.
public enum AccessTarget: Hashable, Sendable {
    /// Whoever has the key of this peer.
    case peer(PeerID)
    /// Whoever is at an address of this network; an address alone is a network of its own.
    case network(IPNetwork)

    /// Reads a PeerID, an IP address, or a subnet such as "192.0.2.0/24"; nil where the text is none of them.
    public init?(_ text: String) {
        if let network = IPNetwork(text) {
            self = .network(network)
        } else if let peer = try? PeerID(text) {
            self = .peer(peer)
        } else {
            return nil
        }
    }
}

extension AccessTarget: CustomStringConvertible {
    /// The text that it is read from; an address stands without a prefix.
    public var description: String {
        switch self {
        case .peer(let peer): "\(peer)"
        case .network(let network):
            network.prefix == network.address.octets.count * 8 ? "\(network.address)" : "\(network)"
        }
    }
}

/// What is to become of those that a rule is about.
public enum AccessAction: String, Hashable, Sendable, CaseIterable {
    /// They may connect, and may be dialled.
    case allow
    /// They may neither.
    case deny
}

/// One entry of the access list.
public struct AccessRule: Hashable, Sendable {
    /// Whom it is about.
    public let target: AccessTarget
    /// What is to become of them.
    public let action: AccessAction

    /// The rule that `target` is allowed or denied.
    public init(_ action: AccessAction, _ target: AccessTarget) {
        self.target = target
        self.action = action
    }
}
