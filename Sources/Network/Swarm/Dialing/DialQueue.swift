import Bytes
import Multiformats

/// Addresses in turn: those that wait, each until its time, and those under way. Each has one turn, however often it is added.
struct DialQueue {
    /// An address that waits.
    struct Turn: Hashable, Sendable {
        let address: Multiaddr
        /// When it may begin, unless another fails before.
        var notBefore: Instant
    }

    private let atOnce: Int
    private let inAll: Int
    private(set) var waiting: [Turn] = []
    private(set) var underWay: [(address: Multiaddr, start: Instant)] = []
    /// Those that wait or have had their turn. They are few: a set of them costs each dial more than it saves any.
    private var known: [Multiaddr] = []
    private var begun = 0

    /// A queue that lets `atOnce` of its addresses be under way at a time, and `inAll` have a turn.
    init(atOnce: Int, inAll: Int) {
        self.atOnce = max(1, atOnce)
        self.inAll = max(1, inAll)
    }

    var isEmpty: Bool { self.waiting.isEmpty && self.underWay.isEmpty }

    /// When the last of those under way began.
    var lastStart: Instant? { self.underWay.last?.start }

    /// When the next may begin without that anything happens; nil where something must end first.
    var nextDeadline: Instant? {
        self.underWay.count < self.atOnce ? self.waiting.lazy.map(\.notBefore).min() : nil
    }

    /// Whether the address waits or has had its turn.
    func knows(_ address: Multiaddr) -> Bool { self.known.contains(address) }

    /// Those of `addresses` that do not wait and have had no turn, once each.
    func new(_ addresses: [Multiaddr]) -> [Multiaddr] {
        guard addresses.count > 1 else { return addresses.filter { !self.knows($0) } }
        var seen: Set<Multiaddr> = []
        return addresses.filter { !self.known.contains($0) && seen.insert($0).inserted }
    }

    /// Puts turns of new addresses in front of those that wait, which give way where there are too many.
    mutating func prepend(_ turns: [Turn]) {
        self.waiting = self.entered(turns) + self.waiting
        self.trim()
    }

    /// Puts turns of new addresses behind those that wait.
    mutating func append(_ turns: [Turn]) {
        self.waiting += self.entered(turns)
        self.trim()
    }

    private mutating func entered(_ turns: [Turn]) -> [Turn] {
        turns.filter { turn in
            guard !self.knows(turn.address) else { return false }
            self.known.append(turn.address)
            return true
        }
    }

    private mutating func trim() {
        let room = Defence.dialledAddresses.limit(max(0, self.inAll - self.begun))
        guard self.waiting.count > room else { return }
        let dropped = Set(self.waiting.dropFirst(room).map(\.address))
        self.known.removeAll { dropped.contains($0) }
        self.waiting = Array(self.waiting.prefix(room))
    }

    /// Takes out an address that waits, or had its turn without being begun, so that it may come again.
    mutating func forget(_ address: Multiaddr) {
        guard !self.underWay.contains(where: { $0.address == address }) else { return }
        self.known.removeAll { $0 == address }
        self.waiting.removeAll { $0.address == address }
    }

    /// The next address whose turn it is: the first whose time has come, or the earliest where none is under way. It is nil
    /// where none waits, its time has not come, or as many as may be are under way.
    ///
    /// The caller begins with it, or skips it.
    mutating func next(now: Instant) -> Multiaddr? {
        guard self.underWay.count < Defence.dialsAtOnce.limit(self.atOnce) else { return nil }
        let due = self.waiting.firstIndex { $0.notBefore <= now }
        guard let index = due ?? (self.underWay.isEmpty ? self.earliest : nil) else { return nil }
        return self.waiting.remove(at: index).address
    }

    private var earliest: Int? { self.waiting.indices.min { self.waiting[$0].notBefore < self.waiting[$1].notBefore } }

    /// Enters an address whose turn it is among those under way.
    mutating func begin(_ address: Multiaddr, now: Instant) {
        self.begun += 1
        self.underWay.append((address, now))
    }

    /// Lets the one that would be the next begin now: another has failed, and need not be waited for.
    mutating func hasten(now: Instant) {
        guard let earliest = self.earliest else { return }
        self.waiting[earliest].notBefore = min(self.waiting[earliest].notBefore, now)
    }

    /// Ends the turn of `address`, and answers how long it took; nil where it is not under way.
    mutating func end(_ address: Multiaddr, now: Instant) -> Duration? {
        guard let index = self.underWay.firstIndex(where: { $0.address == address }) else { return nil }
        return now - self.underWay.remove(at: index).start
    }
}
