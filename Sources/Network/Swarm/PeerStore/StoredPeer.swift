import Bytes
import Multiformats
package import PeerIdentity
package import Storage

/// What the node's database holds of one peer, for whoever lists it beside the node.
package struct StoredPeer: Sendable {
    package let peer: PeerID
    package let addresses: [PeerStore.KnownAddress]
    package let protocols: [String]
    package let agentVersion: String
    package let publicKey: PublicKey?
    /// Whether the node is connected with the peer, as it wrote last.
    package let isConnected: Bool
    /// How long ago the peer was heard of.
    package let lastSeen: Duration

    /// Every peer, those heard of last first. With no peer is a node connected that does not run, whatever it wrote last.
    package static func all(in database: Database, isRunning: Bool) throws(StorageError) -> [StoredPeer] {
        let clock = StorageClock.current()
        let connected = Set(
            try database.query("SELECT id FROM peers WHERE connected <> 0") { row throws(StorageError) in
                try? PeerID(bytes: row.blob(0))
            })
        let peers = try PeerRows.read(database, clock, keepsConfigured: true).map { peer, entry in
            let isConnected = isRunning && connected.contains(peer)
            return StoredPeer(
                peer: peer,
                addresses: entry.addresses.map { address in
                    let isLasting = isConnected || address.expiry == .distantFuture
                    return PeerStore.KnownAddress(
                        address: address.address, source: address.source,
                        remaining: isLasting ? nil : address.expiry - clock.now)
                },
                protocols: entry.protocols, agentVersion: entry.agentVersion,
                publicKey: peer.publicKey ?? entry.publicKey, isConnected: isConnected,
                lastSeen: clock.now - entry.lastSeen)
        }
        return peers.sorted { ($0.lastSeen, $0.peer) < ($1.lastSeen, $1.peer) }
    }
}
