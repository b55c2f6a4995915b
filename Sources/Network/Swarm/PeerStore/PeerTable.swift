import Bytes
import Multiformats
import PeerIdentity

/// What is known of all peers: a value that is told what happened, and when.
///
/// Anybody can be the one who said so: what one peer takes is bounded, and what all take together. Where there is no room,
/// the peer that was of use longest ago goes first; one that is connected or configured never does.
struct PeerTable: Sendable {
    /// What is to be written of a peer; nil where it was forgotten.
    struct Change: Sendable {
        let peer: PeerID
        let entry: PeerEntry?
        /// Whether something of the peer was written before.
        var wasStored = true
    }

    private struct Slot {
        var entry: PeerEntry
        var bytes = 0
        /// Its place in `order`; 0 for a peer that is protected and has none.
        var stamp: UInt64 = 0
        /// Whether it waits in `changed`, and whether it was written before.
        var isChanged = false
        var isStored = false
    }

    private var slots: [PeerID: Slot] = [:]
    /// The peers that may go, those of use longest ago first. A place whose stamp is no longer its peer's counts for nothing.
    private var order: [(peer: PeerID, stamp: UInt64)] = []
    private var orderStart = 0
    private var lastStamp: UInt64 = 0
    /// What the peers that may go are, and take together.
    private(set) var evictableCount = 0
    private(set) var evictableBytes = 0
    private var nextSweep = Instant(nanoseconds: .min)
    /// Peers whose entries are to be written, in the order of their changes.
    private var changed: [PeerID] = []
    private var changedStart = 0
    /// Peers that were written and are forgotten since.
    private var forgotten: Set<PeerID> = []
    /// Whether changes are collected at all.
    private let keepsChanges: Bool

    /// An empty table; `keepsChanges` where somebody writes them.
    init(keepsChanges: Bool) { self.keepsChanges = keepsChanges }

    // MARK: What is known

    /// The peers of which something is known, in the order of their IDs.
    var peers: [PeerID] { self.slots.keys.sorted() }

    var count: Int { self.slots.count }

    func entry(of peer: PeerID) -> PeerEntry? { self.slots[peer]?.entry }

    /// The addresses of a peer that count now, newest first.
    func addresses(of peer: PeerID, now: Instant) -> [PeerEntry.Address] {
        guard let entry = self.slots[peer]?.entry else { return [] }
        return entry.addresses.filter { entry.holds($0, now: now) }
    }

    // MARK: What happens

    mutating func add(_ addresses: [Multiaddr], of peer: PeerID, as source: AddressSource, now: Instant) {
        guard !addresses.isEmpty else { return }
        self.change(peer, now: now) { $0.add(addresses, as: source, now: now) }
    }

    /// Takes a verified record; false where a newer one is known.
    mutating func accept(
        sequence: UInt64, envelope: Bytes, addresses: [Multiaddr], of peer: PeerID, now: Instant
    ) -> Bool {
        var isAccepted = false
        self.change(peer, now: now) { entry in
            isAccepted = entry.accept(sequence, envelope, addresses: addresses, now: now)
            entry.lastSeen = max(entry.lastSeen, now)
        }
        return isAccepted
    }

    mutating func describe(_ peer: PeerID, protocols: [String], agentVersion: String, now: Instant) {
        self.change(peer, now: now) { entry in
            entry.describe(protocols: protocols, agentVersion: agentVersion)
            entry.lastSeen = max(entry.lastSeen, now)
        }
    }

    /// Notes the key of a peer whose ID does not hold it.
    mutating func set(_ key: PublicKey, of peer: PeerID, now: Instant) {
        self.change(peer, now: now) { $0.publicKey = key }
    }

    /// A connection came to stand; `address` is where this node dialled it, nil where the peer did.
    mutating func connected(_ peer: PeerID, at address: Multiaddr?, now: Instant) {
        self.change(peer, now: now) { entry in
            entry.connections += 1
            entry.lastSeen = max(entry.lastSeen, now)
            if let address { entry.add([address], as: .connected, now: now) }
        }
    }

    mutating func disconnected(_ peer: PeerID, now: Instant) {
        guard self.slots[peer]?.entry.isConnected == true else { return }
        self.change(peer, now: now) { entry in
            entry.connections -= 1
            entry.lastSeen = max(entry.lastSeen, now)
            if !entry.isConnected { entry.disconnected(now: now) }
        }
    }

    mutating func remove(_ addresses: [Multiaddr], of peer: PeerID, now: Instant) {
        guard self.slots[peer] != nil else { return }
        self.change(peer, now: now) { $0.remove(addresses) }
    }

    /// Forgets a peer; of one that is connected, all but the connection.
    mutating func remove(_ peer: PeerID, now: Instant) {
        guard let entry = self.slots[peer]?.entry else { return }
        guard entry.isConnected else { return self.forget(peer) }
        self.change(peer, now: now) { entry in
            let connections = entry.connections
            entry = PeerEntry(lastSeen: now)
            entry.connections = connections
        }
    }

    /// Puts back what was written before; it is no change.
    mutating func restore(_ entry: PeerEntry, of peer: PeerID, now: Instant) {
        guard self.slots[peer] == nil else { return }
        self.change(peer, now: now, isNews: false) { $0 = entry }
        self.slots[peer]?.isStored = true
    }

    /// Forgets addresses that have expired, and peers of which nothing is left and nothing was heard for long.
    mutating func removeExpired(now: Instant) {
        self.nextSweep = now + PeerStoreLimits.sweepInterval
        // The order in which they go makes no difference.
        for (peer, former) in self.slots where !former.entry.isConnected {
            var slot = former
            slot.entry.removeExpired(now: now)
            if slot.entry.addresses.isEmpty, slot.entry.lastSeen + PeerStoreLimits.peerAge <= now {
                self.forget(peer)
            } else if slot.entry != former.entry {
                self.account(peer, by: -1)
                slot.bytes = slot.entry.bytes
                self.slots[peer] = slot
                self.account(peer, by: 1)
                self.noteChange(of: peer)
            }
        }
    }

    // MARK: Room

    /// Changes an entry, which is made where there is none, and sees to the bounds of all.
    private mutating func change(
        _ peer: PeerID, now: Instant, isNews: Bool = true, _ body: (inout PeerEntry) -> Void
    ) {
        if now >= self.nextSweep { self.removeExpired(now: now) }
        if self.slots[peer] != nil { self.account(peer, by: -1) }
        // Nobody asks whether an entry differs where none is written; to keep it would copy what changes.
        let former = self.keepsChanges ? self.slots[peer]?.entry : nil
        var slot = self.slots.removeValue(forKey: peer) ?? Slot(entry: PeerEntry(lastSeen: now))
        body(&slot.entry)
        slot.bytes = slot.entry.bytes
        if self.forgotten.remove(peer) != nil { slot.isStored = true }
        if slot.entry.isProtected, Defence.protectedPeers.isOn {
            slot.stamp = 0
        } else {
            self.lastStamp += 1
            slot.stamp = self.lastStamp
            self.order.append((peer, slot.stamp))
        }
        self.slots[peer] = slot
        self.account(peer, by: 1)
        if isNews, self.keepsChanges, former != slot.entry { self.noteChange(of: peer) }
        self.makeRoom(except: peer)
    }

    /// Counts a peer that may go in, or out.
    private mutating func account(_ peer: PeerID, by sign: Int) {
        guard let slot = self.slots[peer], slot.stamp != 0 else { return }
        self.evictableCount += sign
        self.evictableBytes += sign * slot.bytes
    }

    /// Forgets peers until the rest fits; `peer`, which is about to be dialled perhaps, stays.
    private mutating func makeRoom(except peer: PeerID) {
        while self.evictableCount > Defence.addressBook.limit(PeerStoreLimits.peers)
            || self.evictableBytes > Defence.addressBook.limit(PeerStoreLimits.bytes),
            self.orderStart < self.order.count
        {
            let oldest = self.order[self.orderStart]
            // It is the newest as well, and alone.
            if oldest.peer == peer, self.slots[peer]?.stamp == oldest.stamp { return }
            self.orderStart += 1
            if self.slots[oldest.peer]?.stamp == oldest.stamp { self.forget(oldest.peer) }
        }
        // Places that count for nothing are cleared away where they outnumber the others.
        guard self.order.count > 2 * self.evictableCount + 64 else { return }
        self.order = self.order[self.orderStart...].filter { self.slots[$0.peer]?.stamp == $0.stamp }
        self.orderStart = 0
    }

    private mutating func forget(_ peer: PeerID) {
        self.account(peer, by: -1)
        guard let slot = self.slots.removeValue(forKey: peer), slot.isStored else { return }
        self.forgotten.insert(peer)
        self.enqueue(peer)
    }

    // MARK: Changes

    /// Whether something is to be written.
    var hasChanges: Bool { self.changedStart < self.changed.count }

    private mutating func noteChange(of peer: PeerID) {
        guard self.slots[peer]?.isChanged == false else { return }
        self.slots[peer]?.isChanged = true
        self.enqueue(peer)
    }

    private mutating func enqueue(_ peer: PeerID) {
        guard self.keepsChanges else { return }
        self.changed.append(peer)
        // Peers that came and went without being written leave places behind.
        guard self.changed.count > 3 * self.slots.count + 2 * self.forgotten.count + 64 else { return }
        var kept: Set<PeerID> = []
        self.changed = self.changed[self.changedStart...].filter { peer in
            (self.slots[peer]?.isChanged == true || self.forgotten.contains(peer)) && kept.insert(peer).inserted
        }
        self.changedStart = 0
    }

    /// Takes up to `limit` changes, the oldest first, to be written.
    mutating func takeChanges(_ limit: Int) -> [Change] {
        var changes: [Change] = []
        while changes.count < limit, self.changedStart < self.changed.count {
            let peer = self.changed[self.changedStart]
            self.changedStart += 1
            if self.slots[peer]?.isChanged == true {
                let wasStored = self.slots[peer]?.isStored == true
                self.slots[peer]?.isChanged = false
                self.slots[peer]?.isStored = true
                changes.append(Change(peer: peer, entry: self.slots[peer]?.entry, wasStored: wasStored))
            } else if self.forgotten.remove(peer) != nil {
                changes.append(Change(peer: peer, entry: nil))
            }
        }
        if !self.hasChanges {
            self.changed = []
            self.changedStart = 0
        }
        return changes
    }

    /// Takes changes back that could not be written.
    mutating func putBack(_ changes: [Change]) {
        for change in changes {
            if self.slots[change.peer] != nil {
                self.slots[change.peer]?.isStored = change.wasStored
                self.noteChange(of: change.peer)
            } else if !change.wasStored {
                // It was forgotten meanwhile, and there is nothing to take out.
                self.forgotten.remove(change.peer)
            } else {
                self.forgotten.insert(change.peer)
                self.enqueue(change.peer)
            }
        }
    }
}
