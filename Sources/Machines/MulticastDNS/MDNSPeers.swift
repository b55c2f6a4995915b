import Bytes
import Multiformats
import PeerIdentity

/// The peers that were heard of and have not gone since; bounded whatever is said.
struct MDNSPeers: Sendable {
    private struct Entry {
        var addresses: [Multiaddr]
        var sender: IPAddress
        var expiry: Instant
    }

    private var entries: [PeerID: Entry] = [:]
    /// The peers in the order in which they were heard of first.
    private var order: [PeerID] = []
    private var discoveries = RateBudget(burst: MDNSLimits.discoveryBurst, interval: MDNSLimits.discoveryInterval)
    /// No peer expires earlier.
    private(set) var nextExpiry: Instant?

    var count: Int { self.order.count }

    /// Enters what `sender` says; answers the addresses that are known now where some are new, and nil where there is
    /// nothing to tell: all was known, or there is no room, or too much was told lately.
    mutating func add(_ peer: MDNSAnswers.Peer, from sender: IPAddress, now: Instant) -> [Multiaddr]? {
        let expiry = now + max(peer.timeToLive, .seconds(1))
        guard let known = self.entries[peer.id] else {
            guard self.hasRoom(for: sender), self.takesDiscovery(now: now) else { return nil }
            self.set(Entry(addresses: peer.addresses, sender: sender, expiry: expiry), of: peer.id)
            self.order.append(peer.id)
            return peer.addresses
        }
        var entry = known
        // Anybody can speak of anybody: what one says does not take away what another has said.
        let hasNew = peer.addresses.contains { !known.addresses.contains($0) }
        if hasNew {
            guard self.takesDiscovery(now: now) else { return nil }
            let rest = known.addresses.filter { !peer.addresses.contains($0) }
            entry.addresses = Array((peer.addresses + rest).prefix(MDNSLimits.addressesPerPeer))
        }
        entry.expiry = max(expiry, known.expiry)
        self.set(entry, of: peer.id)
        return hasNew ? entry.addresses : nil
    }

    /// Takes out a peer that says goodbye, if it is the same sender who spoke of it; false where it stays.
    mutating func remove(_ peer: PeerID, from sender: IPAddress) -> Bool {
        guard let speaker = self.entries[peer]?.sender, Defence.mdnsFarewells.holds(speaker == sender) else {
            return false
        }
        self.entries[peer] = nil
        self.order.removeAll { $0 == peer }
        return true
    }

    /// Takes out the peers whose time is over.
    mutating func expire(now: Instant) -> [PeerID] {
        guard let nextExpiry = self.nextExpiry, nextExpiry <= now else { return [] }
        let gone = self.order.filter { (self.entries[$0]?.expiry ?? now) <= now }
        for peer in gone { self.entries[peer] = nil }
        self.order.removeAll { self.entries[$0] == nil }
        self.nextExpiry = self.order.compactMap { self.entries[$0]?.expiry }.min()
        return gone
    }

    private mutating func set(_ entry: Entry, of peer: PeerID) {
        self.entries[peer] = entry
        self.nextExpiry = min(self.nextExpiry ?? .distantFuture, entry.expiry)
    }

    private func hasRoom(for sender: IPAddress) -> Bool {
        guard self.order.count < Defence.mdnsPeers.limit(MDNSLimits.peers) else { return false }
        return self.order.count { self.entries[$0]?.sender == sender }
            < Defence.mdnsSenders.limit(MDNSLimits.peersPerSender)
    }

    /// Whether one more discovery may be told.
    private mutating func takesDiscovery(now: Instant) -> Bool {
        Defence.mdnsDiscoveries.holds(self.discoveries.take(now: now))
    }
}
