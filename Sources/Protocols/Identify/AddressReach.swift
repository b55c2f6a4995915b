import Multiformats
import Transport

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

extension Connection {
    /// Whether the two ends can do anything with each other's `address`, as go-libp2p decides: those of the same machine with
    /// any, those of the same network with all but loopback addresses, others with public ones.
    ///
    /// Behind a proxy is the public internet, whatever address was dialled, and so is whoever is reached without an IP address.
    func canUse(_ address: Multiaddr) -> Bool {
        switch self.route {
        case .memory: true
        case .proxied: AddressReach(address) == .global
        case .direct: AddressReach(address) >= AddressReach(self.remoteAddress)
        }
    }
}
