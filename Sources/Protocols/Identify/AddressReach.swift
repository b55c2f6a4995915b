import Multiformats

/// Who can do anything with an address.
enum AddressReach: Comparable {
    /// Programs on the same machine.
    case loopback
    /// Peers of the same network.
    case local
    /// Anybody: public addresses, and names.
    case global

    init(_ address: Multiaddr) {
        guard let ip = address.ipAddress?.unmapped else {
            self = .global
            return
        }
        self = ip.isLoopback ? .loopback : ip.isGlobal ? .global : .local
    }
}

extension Multiaddr {
    /// Whether a peer at `self` can do anything with `address`, as go-libp2p decides: a peer of the same machine with any,
    /// one of the same network with all but loopback addresses, one on the internet with public ones.
    ///
    /// Of a peer that is reached without an IP address nothing can be said.
    func canUse(_ address: Multiaddr) -> Bool {
        guard self.ipAddress != nil else { return true }
        return AddressReach(address) >= AddressReach(self)
    }
}
