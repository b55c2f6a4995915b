import Multiformats

/// Whose turn it is to dial, where a node may only try so many addresses at once.
///
/// Hosts take turns, and each has a share of its own: however many dials wait for hosts that do not answer, one of another
/// host has the next turn.
struct DialSlots {
    /// Who is to answer: addresses of one host count together.
    enum Host: Hashable, Sendable {
        case network(IPNetwork)
        case other(Multiaddr)

        init(_ address: Multiaddr) {
            switch address.ipAddress?.unmapped {
            case .v4(let ip)?: self = .network(IPNetwork(of: .v4(ip), prefix: 32))
            case .v6(let ip)?: self = .network(IPNetwork(of: .v6(ip), prefix: 64))
            case nil: self = .other(address)
            }
        }
    }

    /// What becomes of one that asks for a turn.
    enum Answer: Hashable, Sendable {
        /// It may begin.
        case begin
        /// It will be told by `end` or `leave` of another.
        case wait
        /// Too many wait.
        case full
    }

    private struct Line {
        var underWay = 0
        var waiting = ArraySlice<UInt64>()
    }

    private let limits: DialLimits
    private var lines: [Host: Line] = [:]
    private var hosts: [UInt64: Host] = [:]
    /// Hosts that have somebody waiting and room for it, in the order of their turns.
    private var turns = ArraySlice<Host>()
    private(set) var underWay = 0
    private(set) var waiting = 0

    init(_ limits: DialLimits) { self.limits = limits }

    /// Asks for a turn for `id`, which nobody else has; one that a person waits for goes before the others.
    mutating func request(_ id: UInt64, at host: Host, isUrgent: Bool) -> Answer {
        var line = self.lines[host] ?? Line()
        if self.underWay < self.limits.perNode, line.underWay < self.limits.perHost {
            self.hosts[id] = host
            line.underWay += 1
            self.underWay += 1
            self.lines[host] = line
            return .begin
        }
        guard self.waiting < self.limits.waiting else { return .full }
        self.hosts[id] = host
        if isUrgent { line.waiting.insert(id, at: line.waiting.startIndex) } else { line.waiting.append(id) }
        self.waiting += 1
        self.lines[host] = line
        if line.underWay < self.limits.perHost {
            if let index = self.turns.firstIndex(of: host) {
                guard isUrgent else { return .wait }
                self.turns.remove(at: index)
            }
            self.turns.insert(host, at: isUrgent ? self.turns.startIndex : self.turns.endIndex)
        }
        return .wait
    }

    /// Takes out one that has had its turn, or waits for it no longer; answers who may begin now.
    mutating func leave(_ id: UInt64) -> [UInt64] {
        guard let host = self.hosts.removeValue(forKey: id), var line = self.lines[host] else { return [] }
        if let index = line.waiting.firstIndex(of: id) {
            line.waiting.remove(at: index)
            self.waiting -= 1
            if line.waiting.isEmpty { self.turns.removeAll { $0 == host } }
        } else {
            let wasFull = line.underWay >= self.limits.perHost
            line.underWay -= 1
            self.underWay -= 1
            if wasFull, !line.waiting.isEmpty { self.turns.append(host) }
        }
        self.lines[host] = line.underWay == 0 && line.waiting.isEmpty ? nil : line
        return self.nextTurns()
    }

    private mutating func nextTurns() -> [UInt64] {
        var next: [UInt64] = []
        while self.underWay < self.limits.perNode, let host = self.turns.popFirst() {
            guard var line = self.lines[host], let id = line.waiting.popFirst() else { continue }
            line.underWay += 1
            self.underWay += 1
            self.waiting -= 1
            if !line.waiting.isEmpty, line.underWay < self.limits.perHost { self.turns.append(host) }
            self.lines[host] = line
            next.append(id)
        }
        // A slice keeps what was taken from its front.
        if self.turns.startIndex > self.limits.waiting { self.turns = ArraySlice(Array(self.turns)) }
        return next
    }
}
