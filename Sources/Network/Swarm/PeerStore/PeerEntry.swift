import Bytes
import Multiformats
import PeerIdentity

/// What is known of one peer.
struct PeerEntry: Hashable, Sendable {
    /// A signed record of the peer that was verified (libp2p RFC 0003).
    struct Record: Hashable, Sendable {
        let sequence: UInt64
        /// The envelope, for whoever is to be shown it.
        let envelope: Bytes
        var expiry: Instant
    }

    struct Address: Hashable, Sendable {
        let address: Multiaddr
        var source: AddressSource
        /// Past this it counts no longer, unless the peer is connected.
        var expiry: Instant
    }

    /// The newest come first.
    private(set) var addresses: [Address] = []
    private(set) var protocols: [String] = []
    private(set) var agentVersion = ""
    /// The key, where the peer's ID does not hold it.
    var publicKey: PublicKey?
    private(set) var record: Record?
    /// Connections that stand.
    var connections = 0
    /// When the peer was last heard of by itself, or else first of all.
    var lastSeen: Instant

    init(lastSeen: Instant) { self.lastSeen = lastSeen }

    var isConnected: Bool { self.connections > 0 }

    /// Whether no other peer may take this one's place.
    var isProtected: Bool { self.isConnected || self.addresses.contains { $0.source == .configured } }

    /// Roughly what the entry takes.
    var bytes: Int {
        let addresses = self.addresses.reduce(0) { $0 + $1.address.bytes.count + PeerStoreLimits.addressOverhead }
        let protocols = self.protocols.reduce(0) { $0 + $1.utf8.count + PeerStoreLimits.addressOverhead }
        return PeerStoreLimits.peerOverhead + addresses + protocols + self.agentVersion.utf8.count
            + (self.record?.envelope.count ?? 0) + (self.publicKey?.data.count ?? 0)
    }

    /// Whether an address counts now.
    func holds(_ address: Address, now: Instant) -> Bool { self.isConnected || address.expiry > now }

    // MARK: Addresses

    /// Notes addresses in front of those that are known; where they are too many, those that are worth less go, of the same
    /// worth the older.
    mutating func add(_ new: [Multiaddr], as source: AddressSource, now: Instant) {
        // The peer's own signed word holds against what is said of it (libp2p RFC 0003, "Address Advertisement").
        if source == .told, let record = self.record, self.isConnected || record.expiry > now,
            Defence.signedAddresses.isOn
        {
            return
        }
        let expiry = source.lifetime.map { now + $0 } ?? .distantFuture
        var merged: [Address] = []
        for address in new where !merged.contains(where: { $0.address == address }) {
            var entry = Address(address: address, source: source, expiry: expiry)
            if let former = self.addresses.first(where: { $0.address == address }), self.holds(former, now: now) {
                entry.source = max(entry.source, former.source)
                entry.expiry = max(entry.expiry, former.expiry)
            }
            merged.append(entry)
            // Whatever is behind them has no chance to stay.
            if merged.count == Defence.addressesOfPeer.limit(PeerStoreLimits.addresses) { break }
        }
        let count = merged.count
        merged += self.addresses.filter { former in
            self.holds(former, now: now) && !merged[..<count].contains { $0.address == former.address }
        }
        self.addresses = Self.bounded(merged)
    }

    private static func bounded(_ addresses: [Address]) -> [Address] {
        // One always fits.
        guard addresses.count > 1 else { return addresses }
        var isKept = [Bool](repeating: false, count: addresses.count)
        var count = 0
        var bytes = 0
        let order = addresses.indices.sorted {
            (addresses[$1].source, $0) < (addresses[$0].source, $1)
        }
        for index in order where count < Defence.addressesOfPeer.limit(PeerStoreLimits.addresses) {
            let size = addresses[index].address.bytes.count
            guard bytes + size <= Defence.addressesOfPeer.limit(PeerStoreLimits.addressBytes) else { continue }
            isKept[index] = true
            count += 1
            bytes += size
        }
        return zip(addresses, isKept).filter(\.1).map(\.0)
    }

    mutating func remove(_ addresses: [Multiaddr]) {
        self.addresses.removeAll { addresses.contains($0.address) }
    }

    /// Takes a record with the addresses of it that are of use, in place of those of an older one and of what was said
    /// without a signature; false where a newer one is known.
    mutating func accept(_ sequence: UInt64, _ envelope: Bytes, addresses: [Multiaddr], now: Instant) -> Bool {
        guard Defence.keptRecordSequence.holds(sequence >= self.record?.sequence ?? 0) else { return false }
        self.addresses.removeAll { [.told, .signed].contains($0.source) && !addresses.contains($0.address) }
        let expiry = AddressSource.signed.lifetime.map { now + $0 } ?? .distantFuture
        self.record = Record(sequence: sequence, envelope: envelope, expiry: expiry)
        self.add(addresses, as: .signed, now: now)
        return true
    }

    /// Forgets what has expired.
    mutating func removeExpired(now: Instant) {
        self.addresses = self.addresses.filter { self.holds($0, now: now) }
    }

    /// The last connection has ended: what is known of the peer counts for a while from now on.
    mutating func disconnected(now: Instant) {
        let expiry = now + PeerStoreLimits.recentlyConnected
        for index in self.addresses.indices { self.addresses[index].expiry = max(self.addresses[index].expiry, expiry) }
        if let record = self.record { self.record?.expiry = max(record.expiry, expiry) }
    }

    // MARK: Other facts

    /// Notes what the peer said it speaks and is, as much as is kept.
    mutating func describe(protocols: [String], agentVersion: String) {
        var bytes = 0
        self.protocols = Array(
            protocols.prefix(PeerStoreLimits.protocols).prefix { protocolID in
                bytes += protocolID.utf8.count
                return bytes <= PeerStoreLimits.protocolBytes
            })
        self.agentVersion = String(decoding: agentVersion.utf8.prefix(PeerStoreLimits.agentVersionBytes), as: UTF8.self)
    }

    /// Puts back what was stored, within the same bounds.
    mutating func restore(_ addresses: [Address], record: Record?) {
        self.addresses = Self.bounded(addresses)
        self.record = record
    }
}
