import Bytes
import Multiformats
import PeerIdentity

/// The addresses at which peers were said to be, in memory.
final class AddressBook: Sendable {
    /// Addresses kept for one peer, and peers kept at all; the oldest go first.
    private static let addressesPerPeer = 64
    private static let peers = 10_000

    private let state = Locked(State())

    private struct State {
        var addresses: [PeerID: [Multiaddr]] = [:]
        var order: [PeerID] = []
    }

    /// Notes addresses, which do not name the peer themselves; new ones come first.
    func add(_ addresses: [Multiaddr], of peer: PeerID) {
        guard !addresses.isEmpty else { return }
        self.state.withLock { state in
            var known = state.addresses[peer] ?? []
            if known.isEmpty {
                state.order.append(peer)
                if state.order.count > Self.peers { state.addresses[state.order.removeFirst()] = nil }
            }
            known.removeAll { addresses.contains($0) }
            state.addresses[peer] = Array((addresses + known).prefix(Self.addressesPerPeer))
        }
    }

    func addresses(of peer: PeerID) -> [Multiaddr] {
        self.state.withLock { $0.addresses[peer] ?? [] }
    }
}
