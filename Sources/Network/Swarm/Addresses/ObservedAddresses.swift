import Bytes
import Multiformats

/// Where peers see this node, believed once enough of them in different networks agree.
///
/// Whoever says so may lie (libp2p identify, "observedAddr"): each observer has one vote for each address that is listened on,
/// however many peers it has there and whatever they say in turn, and the votes that are kept are bounded. A vote counts while
/// the connection that it came over stands, and for a while longer.
struct ObservedAddresses {
    private struct Vote {
        let observer: IPNetwork
        let place: Place
        let connection: UInt64
        /// From when on it does not count; nil while the connection stands.
        var end: Instant?
    }

    /// Where this node is seen: the part of an address that a router on the way may change.
    private struct Place: Hashable {
        let ip: IPAddress
        let port: UInt16
    }

    private struct Listener {
        let address: Multiaddr
        /// The one that was heard longest ago first.
        var votes: [Vote] = []
        var confirmed: [Multiaddr] = []
    }

    private let configuration: ObservedAddressConfiguration
    /// In the order in which they were observed first.
    private var listeners: [Listener] = []

    init(_ configuration: ObservedAddressConfiguration) { self.configuration = configuration }

    /// The addresses that are believed, those of the oldest listener first, and of each those of most observers.
    var confirmed: [Multiaddr] {
        var seen: Set<Multiaddr> = []
        return self.listeners.flatMap(\.confirmed).filter { seen.insert($0).inserted }
    }

    /// How many votes are kept.
    var voteCount: Int { self.listeners.reduce(0) { $0 + $1.votes.count } }

    /// When the next vote ends to count; nil while none does.
    var nextDeadline: Instant? { self.listeners.lazy.flatMap(\.votes).compactMap(\.end).min() }

    /// Notes that the peer at `observer` sees this node at `observed`, over a connection of the socket that listens on
    /// `listener`.
    ///
    /// Only public addresses count, of both: what a peer in a private network sees is of no use elsewhere. The address must
    /// be of the same protocol and family as the one that is listened on.
    mutating func observe(
        _ observed: Multiaddr, at listener: Multiaddr, by observer: IPAddress, over connection: UInt64, now: Instant
    ) {
        guard Defence.observerIsPublic.holds(observer.unmapped.isGlobal), let place = Self.place(observed, at: listener)
        else { return }
        let network = self.network(of: observer)
        if !self.listeners.contains(where: { $0.address == listener }) {
            guard self.listeners.count < self.configuration.listeners else { return }
            self.listeners.append(Listener(address: listener))
        }
        guard let index = self.listeners.firstIndex(where: { $0.address == listener }) else { return }
        var votes = self.listeners[index].votes.filter { Defence.observerNetworks.holds($0.observer != network) }
        if votes.count >= max(1, Defence.observerVotes.limit(self.configuration.observersPerListener)) {
            votes.removeFirst()
        }
        votes.append(Vote(observer: network, place: place, connection: connection))
        self.listeners[index].votes = votes
        self.count(index)
    }

    /// Notes that a connection has ended: what was said over it counts for a while longer.
    mutating func disconnected(_ connection: UInt64, now: Instant) {
        for index in self.listeners.indices {
            for vote in self.listeners[index].votes.indices
            where self.listeners[index].votes[vote].connection == connection
                && self.listeners[index].votes[vote].end == nil
            {
                self.listeners[index].votes[vote].end = now + self.configuration.lifetime
            }
        }
    }

    /// Lets go of votes whose time is over.
    mutating func expire(now: Instant) {
        for index in self.listeners.indices {
            let former = self.listeners[index].votes.count
            self.listeners[index].votes.removeAll { $0.end.map { $0 <= now } ?? false }
            if self.listeners[index].votes.count != former { self.count(index) }
        }
        self.listeners.removeAll { $0.votes.isEmpty }
    }

    /// Lets go of what was said of addresses that are no longer listened on.
    mutating func keep(_ addresses: [Multiaddr]) {
        self.listeners.removeAll { !addresses.contains($0.address) }
    }

    // MARK: Counting

    private func network(of observer: IPAddress) -> IPNetwork {
        IPNetwork(
            of: observer, ipv4Prefix: self.configuration.ipv4Prefix, ipv6Prefix: self.configuration.ipv6Prefix)
    }

    private static func place(_ observed: Multiaddr, at listener: Multiaddr) -> Place? {
        guard let seen = observed.endpoint, let own = listener.endpoint, !observed.isCircuit, seen.port != 0,
            seen.transport == own.transport, case .ip(let ip, nil) = seen.host, case .ip(let ownIP, _) = own.host,
            ip.unmapped.isGlobal
        else { return nil }
        switch (ip.unmapped, ownIP.unmapped) {
        case (.v4, .v4), (.v6, .v6): return Place(ip: ip.unmapped, port: seen.port)
        default: return nil
        }
    }

    private mutating func count(_ index: Int) {
        let listener = self.listeners[index]
        var counts: [Place: Int] = [:]
        for vote in listener.votes { counts[vote.place, default: 0] += 1 }
        let believed = counts.filter { Defence.observerQuorum.holds($0.value >= max(1, self.configuration.observers)) }
        // Of as many observers, the order is that of the numbers: a dictionary's differs from run to run.
        let ordered = believed.sorted { left, right in
            if left.value != right.value { return left.value > right.value }
            if left.key.ip != right.key.ip { return left.key.ip.octets.lexicographicallyPrecedes(right.key.ip.octets) }
            return left.key.port < right.key.port
        }
        self.listeners[index].confirmed = ordered.prefix(max(0, self.configuration.addressesPerListener)).compactMap {
            place, _ in
            // What is behind the port, such as a `/ws`, is of the listener.
            try? listener.address.replacingPort(with: place.port).replacingHost(with: place.ip)
        }
    }
}
