import Bytes
import Multiformats

/// Addresses in turn: those that wait, and those under way. Each has one turn, however often it is added.
struct DialQueue {
    private let atOnce: Int
    private let inAll: Int
    private(set) var waiting: [Multiaddr] = []
    private(set) var underWay: [(address: Multiaddr, start: Instant)] = []
    /// Those that wait or have had their turn.
    private var known: Set<Multiaddr> = []
    private var begun = 0

    /// A queue that lets `atOnce` of its addresses be under way at a time, and `inAll` have a turn.
    init(atOnce: Int, inAll: Int) {
        self.atOnce = max(1, atOnce)
        self.inAll = max(1, inAll)
    }

    var isEmpty: Bool { self.waiting.isEmpty && self.underWay.isEmpty }

    /// Puts the new ones among `addresses` in front of those that wait, which give way where there are too many.
    mutating func prepend(_ addresses: [Multiaddr]) {
        self.waiting = self.new(addresses) + self.waiting
        self.trim()
    }

    /// Puts the new ones among `addresses` behind those that wait.
    mutating func append(_ addresses: [Multiaddr]) {
        self.waiting += self.new(addresses)
        self.trim()
    }

    private mutating func new(_ addresses: [Multiaddr]) -> [Multiaddr] {
        addresses.filter { self.known.insert($0).inserted }
    }

    private mutating func trim() {
        let room = Defence.dialledAddresses.limit(self.inAll - self.begun)
        for address in self.waiting.dropFirst(room) { self.known.remove(address) }
        self.waiting = Array(self.waiting.prefix(room))
    }

    /// The next address to begin with; nil where none waits or as many as may be are under way.
    mutating func next(now: Instant) -> Multiaddr? {
        guard self.underWay.count < Defence.dialsAtOnce.limit(self.atOnce), !self.waiting.isEmpty else { return nil }
        let address = self.waiting.removeFirst()
        self.begun += 1
        self.underWay.append((address, now))
        return address
    }

    /// Ends the turn of `address`, and answers how long it took; nil where it is not under way.
    mutating func end(_ address: Multiaddr, now: Instant) -> Duration? {
        guard let index = self.underWay.firstIndex(where: { $0.address == address }) else { return nil }
        return now - self.underWay.remove(at: index).start
    }
}
