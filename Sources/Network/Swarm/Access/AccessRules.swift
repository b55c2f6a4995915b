import Multiformats
import PeerIdentity

/// The access list: who may connect and be dialled, and who may not. A value that is asked and decides.
///
/// Of the networks that an address is in, the smallest decides, as in a table of routes. A peer that is denied is refused
/// wherever it is, and an address that is denied whoever is there.
struct AccessRules: Sendable {
    /// The most rules that are taken.
    static let limit = 65_536

    private var peers: [PeerID: AccessAction] = [:]
    private var networks: [IPNetwork: AccessAction] = [:]
    /// The lengths that prefixes of the networks have, the longest first, with how many networks have each.
    private var prefixes: [(length: Int, count: Int)] = []
    /// Peers that are allowed.
    private var allowedPeers = 0
    /// Whether only who is allowed may connect and be dialled.
    let allowsListedOnly: Bool

    init(allowsListedOnly: Bool, _ rules: [AccessRule] = []) {
        self.allowsListedOnly = allowsListedOnly
        for rule in rules { _ = self.set(rule) }
    }

    var count: Int { self.peers.count + self.networks.count }

    /// The rules, in the order of their texts: networks first.
    var all: [AccessRule] {
        let networks = self.networks.map { AccessRule($0.value, .network($0.key)) }
        let peers = self.peers.map { AccessRule($0.value, .peer($0.key)) }
        return networks.sorted { "\($0.target)" < "\($1.target)" } + peers.sorted { "\($0.target)" < "\($1.target)" }
    }

    // MARK: Changes

    /// Whether a rule can be taken: there is room, or it takes the place of another.
    func hasRoom(for rule: AccessRule) -> Bool {
        switch rule.target {
        case .peer(let peer) where self.peers[peer] != nil: true
        case .network(let network) where self.networks[network] != nil: true
        case .peer, .network: self.count < Self.limit
        }
    }

    /// Takes a rule, in place of one of the same target; false where there are too many.
    mutating func set(_ rule: AccessRule) -> Bool {
        self.remove(rule.target)
        guard self.count < Self.limit else { return false }
        switch rule.target {
        case .peer(let peer):
            self.peers[peer] = rule.action
            if rule.action == .allow { self.allowedPeers += 1 }
        case .network(let network):
            self.networks[network] = rule.action
            self.countPrefix(network.prefix, by: 1)
        }
        return true
    }

    /// Takes back the rule of a target; false where there is none.
    @discardableResult
    mutating func remove(_ target: AccessTarget) -> Bool {
        switch target {
        case .peer(let peer):
            guard let action = self.peers.removeValue(forKey: peer) else { return false }
            if action == .allow { self.allowedPeers -= 1 }
        case .network(let network):
            guard self.networks.removeValue(forKey: network) != nil else { return false }
            self.countPrefix(network.prefix, by: -1)
        }
        return true
    }

    private mutating func countPrefix(_ length: Int, by change: Int) {
        if let index = self.prefixes.firstIndex(where: { $0.length == length }) {
            self.prefixes[index].count += change
            if self.prefixes[index].count == 0 { self.prefixes.remove(at: index) }
        } else {
            let index = self.prefixes.firstIndex { $0.length < length } ?? self.prefixes.endIndex
            self.prefixes.insert((length, change), at: index)
        }
    }

    // MARK: Decisions

    /// Why a peer is not to be dialled, before an address is looked at.
    func refusal(dialling peer: PeerID) -> AccessRefusal? {
        switch self.peers[peer] {
        case .deny: .peerDenied(peer)
        case .allow: nil
        // An address of the peer may be allowed.
        case nil: self.allowsListedOnly && self.networks.isEmpty ? .peerNotAllowed(peer) : nil
        }
    }

    /// Why an address is not to be dialled. `peer` is who is to be found there; nil for anyone.
    func refusal(dialling address: Multiaddr, of peer: PeerID?) -> AccessRefusal? {
        if let refusal = self.denial(of: address) { return refusal }
        guard self.allowsListedOnly, peer.map({ self.peers[$0] != .allow }) ?? true else { return nil }
        return self.isAllowed(address) ? nil : .addressNotAllowed(address)
    }

    /// Why nothing is to be accepted from an address, before the peer has said who it is.
    func refusal(accepting address: Multiaddr) -> AccessRefusal? {
        if let refusal = self.denial(of: address) { return refusal }
        // One of the peers that are allowed may come from anywhere.
        guard self.allowsListedOnly, self.allowedPeers == 0 else { return nil }
        return self.isAllowed(address) ? nil : .addressNotAllowed(address)
    }

    /// Why a peer that has proved who it is may have no connection with this address.
    func refusal(of peer: PeerID, at address: Multiaddr) -> AccessRefusal? {
        if let refusal = self.denial(of: address) { return refusal }
        switch self.peers[peer] {
        case .deny: return .peerDenied(peer)
        case .allow: return nil
        case nil: return self.allowsListedOnly && !self.isAllowed(address) ? .peerNotAllowed(peer) : nil
        }
    }

    private func denial(of address: Multiaddr) -> AccessRefusal? {
        guard let (network, action) = self.rule(for: address), action == .deny else { return nil }
        return .addressDenied(address, network)
    }

    /// Whether whoever is at the address is allowed. Behind a relay is anyone: its address speaks for nobody.
    private func isAllowed(_ address: Multiaddr) -> Bool {
        !address.isCircuit && self.rule(for: address)?.1 == .allow
    }

    /// The rule of the smallest network that the address is in.
    private func rule(for address: Multiaddr) -> (IPNetwork, AccessAction)? {
        guard !self.prefixes.isEmpty, let ip = address.ipAddress?.unmapped else { return nil }
        let longest = ip.octets.count * 8
        for (length, _) in self.prefixes where length <= longest {
            let network = IPNetwork(of: ip, prefix: length)
            if let action = self.networks[network] { return (network, action) }
        }
        return nil
    }
}
