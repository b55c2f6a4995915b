import Bytes
import Multiformats
import PeerIdentity

/// The addresses at which peers were said to be, in memory.
///
/// Anybody can be the one who said so: what one peer takes is bounded, and what all take together.
final class AddressBook: Sendable {
    /// Addresses kept for one peer, and their bytes together; go-libp2p reads no more of an identify message.
    private static let addressesPerPeer = 64
    private static let bytesPerPeer = 8 * 1024
    /// Bytes of all addresses; the peers that were noted first go first.
    static let totalBytes = 4 * 1024 * 1024
    /// What a peer takes besides its addresses, roughly.
    private static let peerOverhead = 256

    private let state = Locked(State())

    private struct State {
        var entries: [PeerID: Entry] = [:]
        /// The peers in the order in which they were noted first; those before `oldest` are gone.
        var order: [PeerID] = []
        var oldest = 0
        var bytes = 0
    }

    private struct Entry {
        var addresses: [Multiaddr] = []
        var bytes = 0
    }

    /// Notes addresses, which do not name the peer themselves; new ones come first.
    func add(_ addresses: [Multiaddr], of peer: PeerID) {
        guard !addresses.isEmpty else { return }
        self.state.withLock { state in
            let former = state.entries[peer]
            let known = (former?.addresses ?? []).filter { !addresses.contains($0) }
            let entry = Self.entry(addresses + known)
            state.bytes += entry.bytes - (former?.bytes ?? 0)
            state.entries[peer] = entry
            if former == nil { state.order.append(peer) }
            while state.bytes > Defence.addressBook.limit(Self.totalBytes), state.oldest < state.order.count {
                Self.removeOldest(&state, except: peer)
            }
        }
    }

    /// As many of the first addresses as one peer may have.
    private static func entry(_ addresses: [Multiaddr]) -> Entry {
        var entry = Entry(bytes: Self.peerOverhead)
        for address in addresses.prefix(Defence.addressesOfPeer.limit(Self.addressesPerPeer)) {
            let isWithin = entry.bytes + address.bytes.count <= Self.bytesPerPeer
            guard Defence.addressesOfPeer.holds(isWithin) else { break }
            entry.addresses.append(address)
            entry.bytes += address.bytes.count
        }
        return entry
    }

    /// Makes room; `peer`, which is about to be dialled perhaps, becomes the newest instead.
    private static func removeOldest(_ state: inout State, except peer: PeerID) {
        let oldest = state.order[state.oldest]
        state.oldest += 1
        if oldest == peer {
            state.order.append(peer)
        } else {
            state.bytes -= state.entries.removeValue(forKey: oldest)?.bytes ?? 0
        }
        if state.oldest * 2 >= state.order.count {
            state.order.removeFirst(state.oldest)
            state.oldest = 0
        }
    }

    func addresses(of peer: PeerID) -> [Multiaddr] {
        self.state.withLock { $0.entries[peer]?.addresses ?? [] }
    }

    /// How many bytes the addresses take, with the peers that they belong to.
    var byteCount: Int { self.state.withLock { $0.bytes } }
}
