import Bytes
import Multiformats
import PeerIdentity
import Transport

/// Dials that are under way, so that everyone who wants the same peer at the same time waits for the same dial.
final class PendingDials: Sendable {
    private let dials = Locked<[PeerID: Dial]>([:])

    /// Joins the dial of `peer` that is under way; where none is, one that `make` makes and the caller has to run.
    func join(_ peer: PeerID, make: () -> Dial) -> (waiter: Dial.Waiter, isNew: Bool) {
        self.dials.withLock { dials in
            if let waiter = dials[peer]?.join() { return (waiter, false) }
            let dial = make()
            guard let waiter = dial.join() else { preconditionFailure("a dial was decided before anyone knew of it") }
            dials[peer] = dial
            return (waiter, true)
        }
    }

    /// Lets a dial of `peer` that is under way try these addresses too.
    func add(_ addresses: [Multiaddr], of peer: PeerID, from origin: DialOrigin) {
        self.dials.withLock { $0[peer] }?.add(addresses, from: origin)
    }

    /// Forgets a dial that has ended, unless another has taken its place.
    func remove(_ dial: Dial) {
        guard let peer = dial.peer else { return }
        self.dials.withLock { dials in
            if dials[peer] === dial { dials[peer] = nil }
        }
    }
}
