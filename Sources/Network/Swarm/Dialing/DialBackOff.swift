import Bytes
import Multiformats
import PeerIdentity

/// Which addresses failed lately, and until when they are left alone.
///
/// The times are those of go-libp2p: 5 s after the first failure, then 5 s and as many more as the square of the failures,
/// at most 5 minutes. A failure counts for the peer that was to be found at the address: that another answers there says
/// nothing about the other.
struct DialBackOff {
    static let base: Duration = .seconds(5)
    static let coefficient: Duration = .seconds(1)
    static let longest: Duration = .seconds(300)

    private struct Key: Hashable {
        let peer: PeerID?
        let address: Multiaddr
    }

    /// What is known of an address that failed.
    struct Entry: Hashable, Sendable {
        /// Failures that followed one another, each after the time to wait for the one before had passed.
        var failures: Int
        /// When the last one was.
        var failedAt: Instant
        /// From when on the address may be tried again.
        var until: Instant
        /// Why the last one failed: a clause for a person.
        var cause: String
    }

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    /// The addresses in the order in which they were entered.
    private var order = ArraySlice<Key>()

    /// A table for so many addresses; the first that was entered gives way.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// How many addresses are known.
    var count: Int { self.entries.count }

    /// What is known of an address that is to be left alone; nil where it may be tried.
    func entry(of address: Multiaddr, of peer: PeerID?, now: Instant) -> Entry? {
        self.entries[Key(peer: peer, address: address)].flatMap { now < $0.until ? $0 : nil }
    }

    /// Notes that the address failed. One that was tried although it was to be left alone waits no longer for that.
    mutating func failed(_ address: Multiaddr, of peer: PeerID?, cause: String, now: Instant) {
        let key = Key(peer: peer, address: address)
        guard let known = self.entries[key] else {
            self.makeRoom()
            self.order.append(key)
            self.entries[key] = Entry(failures: 1, failedAt: now, until: now + Self.base, cause: cause)
            return
        }
        var entry = known
        entry.failedAt = now
        entry.cause = cause
        if now >= known.until {
            // Whoever was left alone for as long again begins anew, as in go-libp2p.
            let isForgotten = now >= known.until + Self.wait(after: known.failures)
            entry.failures = isForgotten ? 1 : min(known.failures + 1, Self.mostFailures)
            entry.until = now + Self.wait(after: entry.failures)
        }
        self.entries[key] = entry
    }

    /// Notes that the address led to the peer.
    mutating func succeeded(_ address: Multiaddr, of peer: PeerID?) {
        let key = Key(peer: peer, address: address)
        guard self.entries.removeValue(forKey: key) != nil, let index = self.order.firstIndex(of: key) else { return }
        self.order.remove(at: index)
    }

    /// More make no difference to the time, and their square none to the arithmetic.
    private static let mostFailures = 19

    /// How long an address is left alone after so many failures.
    static func wait(after failures: Int) -> Duration {
        let former = max(1, min(failures, self.mostFailures)) - 1
        return min(self.base + self.coefficient * (former * former), self.longest)
    }

    private mutating func makeRoom() {
        while self.order.count >= Defence.dialBackOffTable.limit(self.capacity), let first = self.order.popFirst() {
            self.entries[first] = nil
        }
        // A slice keeps what was taken from its front.
        if self.order.startIndex > self.capacity { self.order = ArraySlice(Array(self.order)) }
    }
}
