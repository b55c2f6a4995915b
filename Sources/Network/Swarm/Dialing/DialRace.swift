import Bytes
import Multiformats
import PeerIdentity
import Transport

/// The bookkeeping of one dial: which addresses wait, which are under way, and how the others failed.
///
/// It dials nothing: it is told what happened, and when, and says what to begin next, and when to ask again. Addresses are
/// begun one behind the other as `DialRanker` ranks them, each when those before had some time or as soon as one of them has
/// failed (RFC 8305, section 5). Addresses without names and names have queues of their own, so that neither a silent name
/// server nor a host that does not answer holds up the others. An address is tried once, whoever brings it and however often.
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
    /// Who brought an address, or the name that led to it, where that is not the program before the dial.
    private var origins: [(address: Multiaddr, origin: DialOrigin)] = []
    /// Addresses that were not to be dialled; who wants one explicitly may bring it again.
    private var refused: Set<Multiaddr> = []
    /// Whether the peer is said to be on the public network, by an address or a name.
    private(set) var isPublic = false
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

    /// Takes addresses that somebody brings, before those that wait: who brings one now has the better reason.
    mutating func add(_ addresses: [Multiaddr], from origin: DialOrigin = .noted, now: Instant) {
        let places = addresses.compactMap { $0.place(of: self.peer) }
        if origin == .explicit { self.forgetUntried(places) }
        let (turns, names) = self.turns(of: places, after: now, now: now)
        self.connects.prepend(turns)
        self.lookUps.prepend(names)
        for turn in turns + names { self.note(turn.address, origin) }
    }

    /// Takes the addresses that were known before, of which other peers told of those in `heard`, behind those that wait.
    mutating func addKnown(_ addresses: [Multiaddr], heard: Set<Multiaddr> = [], now: Instant) {
        self.append(addresses, now: now) { heard.contains($0) ? .heard : .noted }
    }

    /// Takes what `name` led to, behind those that wait.
    mutating func found(_ addresses: [Multiaddr], by name: Multiaddr? = nil, now: Instant) {
        let origin = name.map { self.origin(of: $0) } ?? .noted
        self.append(addresses, now: now) { _ in origin }
    }

    private mutating func append(_ addresses: [Multiaddr], now: Instant, origin: (Multiaddr) -> DialOrigin) {
        let places = addresses.compactMap { $0.place(of: self.peer) }
        // What comes in several parts, such as the answers of several names, would else begin at once with each part.
        let former = self.connects.lastStart ?? self.connects.waiting.lazy.map(\.notBefore).min()
        let delay = places.first.map { DialRanker.delay(of: $0) } ?? .zero
        let (turns, names) = self.turns(of: places, after: max(now, former.map { $0 + delay } ?? now), now: now)
        self.connects.append(turns)
        self.lookUps.append(names)
        for turn in turns + names { self.note(turn.address, origin(turn.address)) }
    }

    /// The turns of new addresses, and those of names, which need not wait for one another.
    private mutating func turns(
        of places: [Multiaddr], after start: Instant, now: Instant
    ) -> (connects: [DialQueue.Turn], names: [DialQueue.Turn]) {
        let names = places.filter { self.mustLookUp($0) }
        let addresses = places.filter { !self.mustLookUp($0) }
        self.isPublic = self.isPublic || !names.isEmpty || addresses.contains(where: \.isPublic)
        let connects = DialRanker.rank(self.connects.new(addresses)).map { entry in
            DialQueue.Turn(address: entry.address, notBefore: start + entry.delay)
        }
        return (connects, self.lookUps.new(names).map { DialQueue.Turn(address: $0, notBefore: now) })
    }

    private func mustLookUp(_ address: Multiaddr) -> Bool {
        AddressResolver.hasNames(address) && !self.dialsNames(address)
    }

    private mutating func note(_ address: Multiaddr, _ origin: DialOrigin) {
        // Those that did not fit are none of the race's.
        guard origin != .noted, self.connects.knows(address) || self.lookUps.knows(address) else { return }
        self.origins.removeAll { $0.address == address }
        self.origins.append((address, origin))
    }

    /// Lets addresses that wait, or were left alone, come again.
    private mutating func forgetUntried(_ addresses: [Multiaddr]) {
        for address in addresses {
            if self.connects.waiting.contains(where: { $0.address == address }) || self.refused.contains(address) {
                self.connects.forget(address)
            }
            if self.lookUps.waiting.contains(where: { $0.address == address }) { self.lookUps.forget(address) }
            if self.refused.remove(address) != nil { self.failures.removeAll { $0.address == address } }
        }
    }

    /// What to begin now; nil where something must end first, or the time of what waits has not come. `refusal` says why an
    /// address is not to be dialled, which then counts as failed.
    mutating func nextStep(
        now: Instant, refusal: (Multiaddr, DialOrigin) -> DialRefusal? = { _, _ in nil }
    ) -> Step? {
        while let address = self.connects.next(now: now) {
            guard let refusal = refusal(address, self.origin(of: address)) else {
                self.connects.begin(address, now: now)
                return .connect(address)
            }
            self.refused.insert(address)
            self.failures.append(DialError.Attempt(address: address, error: refusal, duration: .zero))
            self.connects.hasten(now: now)
        }
        guard let name = self.lookUps.next(now: now) else { return nil }
        self.lookUps.begin(name, now: now)
        return .resolve(name)
    }

    /// Who brought the address, with the best reason of those who did.
    func origin(of address: Multiaddr) -> DialOrigin {
        self.origins.first { $0.address == address }?.origin ?? .noted
    }

    /// When to ask for the next step although nothing has happened; nil where something must end first.
    var nextDeadline: Instant? { self.connects.nextDeadline }

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
        if case .connect = step { self.connects.hasten(now: now) }
    }

    // MARK: Where it stands

    /// The failures, and behind them every address for which time runs out now.
    func attempts(now: Instant) -> [DialError.Attempt] {
        func unfinished(_ queue: DialQueue, _ cause: String) -> [DialError.Attempt] {
            queue.underWay.map { address, start in
                DialError.Attempt(address: address, kind: .timedOut, cause: cause, duration: now - start)
            }
                + queue.waiting.map { turn in
                    DialError.Attempt(
                        address: turn.address, kind: .timedOut, cause: "its turn did not come", duration: .zero)
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
