import Bytes
import PeerIdentity

/// A tag's value that becomes smaller with time, such as what a peer did lately.
public struct DecayingScore: Hashable, Sendable {
    /// After this time half of the value is left.
    public var halfLife: Duration
    /// The value never exceeds this.
    public var maximum: Int

    /// A score that halves in `halfLife` and is at most `maximum`.
    public init(halfLife: Duration, maximum: Int = 100) {
        self.halfLife = max(halfLife, .milliseconds(1))
        self.maximum = max(maximum, 0)
    }
}

/// How valuable peers are to the parts of a node, and which must not be let go of.
///
/// Peers are remembered while somebody protects them or has tagged them; tags that decay are forgotten when nothing is left.
struct PeerScores {
    /// Peers with tags, at most; a new one beyond that takes the place of the one with the least.
    static let maximumPeers = 16_384
    /// Tags and protections of one peer, at most.
    static let maximumTags = 64

    private struct Decaying {
        var score: DecayingScore
        var value: Double
        var at: Instant
    }

    private struct Entry {
        var fixed: [String: Int] = [:]
        var decaying: [String: Decaying] = [:]
        var protections: Set<String> = []

        var isEmpty: Bool { self.fixed.isEmpty && self.decaying.isEmpty && self.protections.isEmpty }
    }

    private var entries: [PeerID: Entry] = [:]

    var count: Int { self.entries.count }

    /// What the peer is worth now: the sum of its tags.
    func value(of peer: PeerID, now: Instant) -> Int {
        guard let entry = self.entries[peer] else { return 0 }
        let fixed = entry.fixed.values.reduce(0) { Self.sum($0, $1) }
        return entry.decaying.values.reduce(fixed) { Self.sum($0, Int(Self.left(of: $1, now: now))) }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (left < 0 ? .min : .max) : sum
    }

    private static func left(of decaying: Decaying, now: Instant) -> Double {
        let elapsed = Double(max((now - decaying.at).saturatingNanoseconds, 0))
        let halves = elapsed / Double(decaying.score.halfLife.saturatingNanoseconds)
        // Without a function of the mathematical library: what is left falls evenly from one half to the next.
        let whole = min(halves.rounded(.down), 64)
        var left = decaying.value
        for _ in 0..<Int(whole) { left /= 2 }
        return whole >= 64 ? 0 : left * (1 - (halves - whole) / 2)
    }

    func isProtected(_ peer: PeerID) -> Bool { self.entries[peer]?.protections.isEmpty == false }

    /// Gives the peer's tag a value; 0 takes the tag away.
    mutating func tag(_ peer: PeerID, _ name: String, _ value: Int, now: Instant) {
        self.change(peer, now: now) { entry in
            if value == 0 {
                entry.fixed[name] = nil
            } else if entry.fixed[name] != nil || entry.fixed.count < Self.maximumTags {
                entry.fixed[name] = value
            }
        }
    }

    /// Adds to a value that decays.
    mutating func bump(_ peer: PeerID, _ name: String, by amount: Int, _ score: DecayingScore, now: Instant) {
        self.change(peer, now: now) { entry in
            let left = entry.decaying[name].map { Self.left(of: $0, now: now) } ?? 0
            guard entry.decaying[name] != nil || entry.decaying.count < Self.maximumTags else { return }
            let value = min(max(left + Double(amount), 0), Double(score.maximum))
            entry.decaying[name] = value < 1 ? nil : Decaying(score: score, value: value, at: now)
        }
    }

    /// Keeps the peer's connections, until each that protected it has let go.
    mutating func protect(_ peer: PeerID, _ name: String, now: Instant) {
        self.change(peer, now: now) { entry in
            if entry.protections.count < Self.maximumTags { entry.protections.insert(name) }
        }
    }

    mutating func unprotect(_ peer: PeerID, _ name: String, now: Instant) {
        self.change(peer, now: now) { $0.protections.remove(name) }
    }

    private mutating func change(_ peer: PeerID, now: Instant, _ body: (inout Entry) -> Void) {
        var entry = self.entries[peer] ?? Entry()
        body(&entry)
        entry.decaying = entry.decaying.filter { Self.left(of: $0.value, now: now) >= 1 }
        if self.entries[peer] == nil, !entry.isEmpty, self.entries.count >= Self.maximumPeers {
            self.forgetOne(now: now)
        }
        self.entries[peer] = entry.isEmpty ? nil : entry
    }

    private mutating func forgetOne(now: Instant) {
        let least = self.entries.keys.filter { !self.isProtected($0) }
            .min { (self.value(of: $0, now: now), $0.description) < (self.value(of: $1, now: now), $1.description) }
        if let least { self.entries[least] = nil }
    }
}
