import Bytes
import Multiformats
import Transport

/// Counts the inbound connections of each network of hosts, and how fast they come.
///
/// A network is forgotten when it has no connection and its burst is whole again, so that the table holds no more networks
/// than there are connections, and those that came in the last minutes; the oldest go where these are many.
struct NetworkTable {
    private struct Entry {
        var connections = 0
        var rate: RateBudget
    }

    /// Networks without connections of which the rate is remembered.
    private static let remembered = 16_384

    private let limits: NetworkLimits
    private var entries: [IPNetwork: Entry] = [:]
    /// Networks in the order in which they came, to forget those that are quiet.
    private var order = RingQueue<IPNetwork>()

    init(_ limits: NetworkLimits) { self.limits = limits }

    var count: Int { self.entries.count }

    /// The networks of an address, smallest first; none for the loopback.
    static func networks(of address: IPAddress) -> [IPNetwork] {
        let address = address.unmapped
        guard !address.isLoopback else { return [] }
        return switch address {
        case .v4: [IPNetwork(of: address, prefix: 32)]
        case .v6: [IPNetwork(of: address, prefix: 56), IPNetwork(of: address, prefix: Self.sitePrefix)]
        }
    }

    /// What a provider gives to one site; a customer's network is smaller.
    private static let sitePrefix = 48

    private func isSite(_ network: IPNetwork) -> Bool { network.prefix == Self.sitePrefix }

    /// Counts one connection for each network, or throws and counts nothing.
    mutating func enter(_ networks: [IPNetwork], now: Instant) throws(ResourceLimitError) {
        for network in networks { try self.check(network, now: now) }
        for network in networks {
            var entry = self.entries[network] ?? Entry(rate: self.rate(of: network))
            if self.entries[network] == nil { self.order.append(network) }
            entry.connections += 1
            entry.rate.spend(now: now)
            self.entries[network] = entry
        }
        // Of an IPv6 host two networks come.
        for _ in networks { self.forgetSome(now: now) }
    }

    private func check(_ network: IPNetwork, now: Instant) throws(ResourceLimitError) {
        let entry = self.entries[network] ?? Entry(rate: self.rate(of: network))
        let most = self.isSite(network) ? self.limits.connectionsPerSite : self.limits.connectionsPerHost
        guard Defence.networkConnections.holds(entry.connections < most) else {
            throw ResourceLimitError(resource: .connection(.inbound), scope: .network(network), limit: most)
        }
        guard Defence.networkRate.holds(entry.rate.hasRoom(now: now)) else {
            throw ResourceLimitError(resource: .attempt, scope: .network(network), limit: entry.rate.burst)
        }
    }

    /// The networks from which no connection would be taken now, those with the most connections first.
    func full(now: Instant) -> [(network: IPNetwork, connections: Int)] {
        self.entries.lazy
            .filter { (try? self.check($0.key, now: now)) == nil }
            .map { ($0.key, $0.value.connections) }
            .sorted { ($1.1, $0.0.description) < ($0.1, $1.0.description) }
    }

    private func rate(of network: IPNetwork) -> RateBudget {
        self.isSite(network)
            ? RateBudget(burst: self.limits.burstPerSite, interval: self.limits.intervalPerSite)
            : RateBudget(burst: self.limits.burstPerHost, interval: self.limits.intervalPerHost)
    }

    mutating func leave(_ networks: [IPNetwork]) {
        for network in networks { self.entries[network]?.connections -= 1 }
    }

    /// Looks at two of the networks that came first for each that comes.
    private mutating func forgetSome(now: Instant) {
        for _ in 0..<2 {
            guard let network = self.order.popFirst(), let entry = self.entries[network] else { return }
            let isOver =
                entry.connections == 0 && (entry.rate.isWhole(now: now) || self.entries.count > Self.remembered)
            if isOver, Defence.networkTable.isOn { self.entries[network] = nil } else { self.order.append(network) }
        }
    }
}
