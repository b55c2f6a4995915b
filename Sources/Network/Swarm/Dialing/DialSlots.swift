import Bytes
import Multiformats

/// Whose turn it is to dial, where a node may only try so many addresses at once.
///
/// Ports take turns, and each port and each host has a share of its own: however many dials wait for what does not answer, one
/// of somebody else has the next turn. Peers can be made up at will, and so can ports; hosts less so.
struct DialSlots {
    /// Who is to answer.
    struct Target: Hashable, Sendable {
        fileprivate let port: Port
        fileprivate let host: Host

        init(_ address: Multiaddr) {
            self.port = address.endpoint.map { .endpoint($0) } ?? .other(address)
            let network = address.ipAddress.map { IPNetwork(of: $0, ipv4Prefix: 32, ipv6Prefix: 64) }
            self.host = network.map { .network($0) } ?? .other(address)
        }
    }

    fileprivate enum Port: Hashable {
        case endpoint(MultiaddrEndpoint)
        case other(Multiaddr)
    }

    fileprivate enum Host: Hashable {
        case network(IPNetwork)
        case other(Multiaddr)
    }

    /// What becomes of one that asks for a turn.
    enum Answer: Hashable, Sendable {
        /// It may begin.
        case begin
        /// It will be told by `leave` of another.
        case wait
        /// Too many wait.
        case full
    }

    private struct Line {
        var underWay = 0
        var waiting = ArraySlice<UInt64>()
    }

    private let limits: DialLimits
    private var lines: [Target: Line] = [:]
    private var hosts: [Host: Int] = [:]
    private var targets: [UInt64: Target] = [:]
    /// Targets that have somebody waiting and a share left, in the order of their turns.
    private var turns: [Target] = []
    private(set) var underWay = 0
    private(set) var waiting = 0

    init(_ limits: DialLimits) { self.limits = limits }

    /// Asks for a turn for `id`, which nobody else has; one that a person waits for goes before the others.
    mutating func request(_ id: UInt64, at target: Target, isUrgent: Bool) -> Answer {
        var line = self.lines[target] ?? Line()
        // Whoever waits has no room, so nobody is passed by.
        if self.underWay < self.limits.perNode, self.hasRoom(target.host), self.hasRoom(line) {
            self.targets[id] = target
            self.lines[target] = line
            self.begin(target)
            return .begin
        }
        guard self.waiting < Defence.dialsWaiting.limit(self.limits.waiting) else { return .full }
        self.targets[id] = target
        line.waiting.insert(id, at: isUrgent ? line.waiting.startIndex : line.waiting.endIndex)
        self.waiting += 1
        self.lines[target] = line
        guard self.hasRoom(line) else { return .wait }
        if isUrgent {
            self.turns.removeAll { $0 == target }
            self.turns.insert(target, at: 0)
        } else if line.waiting.count == 1 {
            self.turns.append(target)
        }
        return .wait
    }

    /// Takes out one that has had its turn, or waits for it no longer; answers who may begin now.
    mutating func leave(_ id: UInt64) -> [UInt64] {
        guard let target = self.targets.removeValue(forKey: id), var line = self.lines[target] else { return [] }
        if let index = line.waiting.firstIndex(of: id) {
            line.waiting.remove(at: index)
            self.waiting -= 1
            if line.waiting.isEmpty { self.turns.removeAll { $0 == target } }
        } else {
            if !self.hasRoom(line), !line.waiting.isEmpty { self.turns.append(target) }
            line.underWay -= 1
            self.underWay -= 1
            let count = (self.hosts[target.host] ?? 0) - 1
            self.hosts[target.host] = count > 0 ? count : nil
        }
        self.lines[target] = line.underWay == 0 && line.waiting.isEmpty ? nil : line
        return self.nextTurns()
    }

    private mutating func nextTurns() -> [UInt64] {
        var next: [UInt64] = []
        while self.underWay < self.limits.perNode,
            let index = self.turns.firstIndex(where: { self.hasRoom($0.host) })
        {
            let target = self.turns.remove(at: index)
            guard let id = self.lines[target]?.waiting.popFirst() else { continue }
            self.waiting -= 1
            self.begin(target)
            next.append(id)
            guard let line = self.lines[target] else { continue }
            if !line.waiting.isEmpty, self.hasRoom(line) { self.turns.append(target) }
        }
        return next
    }

    private func hasRoom(_ host: Host) -> Bool {
        (self.hosts[host] ?? 0) < Defence.dialShares.limit(self.limits.perHost)
    }

    private func hasRoom(_ line: Line) -> Bool { line.underWay < Defence.dialShares.limit(self.limits.perPort) }

    private mutating func begin(_ target: Target) {
        self.lines[target]?.underWay += 1
        self.hosts[target.host, default: 0] += 1
        self.underWay += 1
    }
}
