public import Bytes
public import PeerIdentity

/// Decides which discovered peers are dialled, and when: few at a time, and those that are not reached less and less often.
public struct DiscoveredDials: Sendable {
    private struct Entry {
        var dueAt: Instant
        var delay = MDNSLimits.firstDialDelay
    }

    private var entries: [PeerID: Entry] = [:]
    /// The peers in the order in which they were discovered.
    private var order: [PeerID] = []
    /// Those whose dial has not ended, also where the peer was lost meanwhile.
    private var dialled: Set<PeerID> = []

    /// No peer yet.
    public init() {}

    /// Notes a peer that was discovered, which is dialled at once. One that is known keeps its turn, whatever addresses it
    /// has now: who changes them all the time is not dialled all the time. As many are kept as `MDNSLimits.peers` says.
    public mutating func discovered(_ peer: PeerID, now: Instant) {
        guard self.entries[peer] == nil, self.order.count < MDNSLimits.peers else { return }
        self.entries[peer] = Entry(dueAt: now)
        self.order.append(peer)
    }

    /// Forgets a peer that nobody speaks of any more; a dial of it goes on.
    public mutating func lost(_ peer: PeerID) {
        guard self.entries.removeValue(forKey: peer) != nil else { return }
        self.order.removeAll { $0 == peer }
    }

    /// The next peer to dial now, until there is none; the end of its dial is to be told.
    public mutating func next(now: Instant) -> PeerID? {
        guard self.dialled.count < Defence.mdnsDials.limit(MDNSLimits.concurrentDials),
            let peer = self.order.first(where: { self.isDue($0, now: now) })
        else { return nil }
        self.dialled.insert(peer)
        return peer
    }

    private func isDue(_ peer: PeerID, now: Instant) -> Bool {
        guard let entry = self.entries[peer] else { return false }
        return !self.dialled.contains(peer) && entry.dueAt <= now
    }

    /// Notes how the dial of a peer ended, or that none was needed since a connection stands.
    public mutating func ended(_ peer: PeerID, isConnected: Bool, now: Instant) {
        guard self.dialled.remove(peer) != nil, var entry = self.entries[peer] else { return }
        entry.dueAt = now + (isConnected ? MDNSLimits.lastDialDelay : entry.delay)
        entry.delay =
            isConnected ? MDNSLimits.firstDialDelay : min(entry.delay * 2, MDNSLimits.lastDialDelay)
        self.entries[peer] = entry
    }

    /// When a peer is to be dialled next; nil where that waits for the end of a dial, or there is none.
    public var nextDeadline: Instant? {
        guard self.dialled.count < Defence.mdnsDials.limit(MDNSLimits.concurrentDials) else { return nil }
        return self.order.lazy.filter { !self.dialled.contains($0) }.compactMap { self.entries[$0]?.dueAt }.min()
    }
}
