import Bytes
import Multiformats
import PeerIdentity
import Transport

/// The bookkeeping of one dial: which addresses wait, which are under way, and how the others failed.
///
/// It dials nothing: it is told what happened, and when, and says what to begin next. Addresses without names and names have
/// queues of their own, so that neither a silent name server nor a host that does not answer holds up the others. An address
/// is tried once, whoever brings it and however often.
struct DialRace {
    /// Something to begin with.
    enum Step: Hashable, Sendable {
        /// Connect to an address without names.
        case connect(Multiaddr)
        /// Ask what the names of an address stand for.
        case resolve(Multiaddr)

        var address: Multiaddr {
            switch self {
            case .connect(let address), .resolve(let address): address
            }
        }
    }

    /// Who is to be reached; nil for whoever answers.
    let peer: PeerID?
    /// Whether an address is dialled with the names in it, which are then not to be looked up.
    private let dialsNames: @Sendable (Multiaddr) -> Bool
    private var connects: DialQueue
    private var lookUps: DialQueue
    /// How addresses failed, in the order in which they did.
    private(set) var failures: [DialError.Attempt] = []

    /// A race without an address, which lets `atOnce` addresses be tried and as many names be asked for at a time, and
    /// `inAll` of each at all. Names in addresses for which `dialsNames` holds are left to whoever dials.
    init(
        peer: PeerID?, atOnce: Int, inAll: Int, dialsNames: @escaping @Sendable (Multiaddr) -> Bool = { _ in false }
    ) {
        self.peer = peer
        self.dialsNames = dialsNames
        self.connects = DialQueue(atOnce: atOnce, inAll: inAll)
        self.lookUps = DialQueue(atOnce: atOnce, inAll: inAll)
    }

    /// Whether nothing is left to wait for.
    var isOver: Bool { self.connects.isEmpty && self.lookUps.isEmpty }

    // MARK: What happens

    /// Takes addresses that somebody knows of, before those that wait: who brings one now has the better reason.
    mutating func add(_ addresses: [Multiaddr]) {
        let addresses = addresses.compactMap { $0.place(of: self.peer) }
        self.connects.prepend(addresses.filter { !self.mustLookUp($0) })
        self.lookUps.prepend(addresses.filter { self.mustLookUp($0) })
    }

    private func mustLookUp(_ address: Multiaddr) -> Bool {
        AddressResolver.hasNames(address) && !self.dialsNames(address)
    }

    /// Takes what a name led to, behind those that wait.
    mutating func found(_ addresses: [Multiaddr]) {
        self.connects.append(addresses.compactMap { $0.place(of: self.peer) })
    }

    /// What to begin now; nil where something must end first.
    mutating func nextStep(now: Instant) -> Step? {
        self.connects.next(now: now).map { .connect($0) } ?? self.lookUps.next(now: now).map { .resolve($0) }
    }

    /// A name led on, apart from what failed on the way.
    mutating func resolved(_ address: Multiaddr, failures: [ResolvedAddresses.Failure], now: Instant) {
        guard let duration = self.lookUps.end(address, now: now) else { return }
        self.failures += failures.map { failure in
            DialError.Attempt(
                address: address, error: TransportError(failure.code, failure.reason), duration: duration)
        }
    }

    /// What was begun has failed.
    mutating func failed(_ step: Step, _ error: any Error, now: Instant) {
        let duration =
            switch step {
            case .connect(let address): self.connects.end(address, now: now)
            case .resolve(let address): self.lookUps.end(address, now: now)
            }
        guard let duration else { return }
        self.failures.append(DialError.Attempt(address: step.address, error: error, duration: duration))
    }

    // MARK: Where it stands

    /// The failures, and behind them every address for which time runs out now.
    func attempts(now: Instant) -> [DialError.Attempt] {
        func unfinished(_ queue: DialQueue, _ cause: String) -> [DialError.Attempt] {
            queue.underWay.map { address, start in
                DialError.Attempt(address: address, kind: .timedOut, cause: cause, duration: now - start)
            }
                + queue.waiting.map { address in
                    DialError.Attempt(
                        address: address, kind: .timedOut, cause: "its turn did not come", duration: .zero)
                }
        }
        return self.failures + unfinished(self.connects, "no connection yet")
            + unfinished(self.lookUps, "its names are still being looked up")
    }
}

extension Multiaddr {
    /// The address without `/p2p` and the peer at its end; nil where it names another peer, or nothing else.
    func place(of peer: PeerID?) -> Multiaddr? {
        guard let peer else { return self }
        guard self.peerID ?? peer == peer else { return nil }
        return self.withoutPeerID
    }

    /// What to ask names for: with the peer at the end, the records of other peers do not fit.
    func named(_ peer: PeerID?) -> Multiaddr {
        peer.flatMap { try? self.appending($0) } ?? self
    }
}
