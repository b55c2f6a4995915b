import Bytes

/// Notices that nobody answers over one family of addresses or one protocol, as behind a router that drops IPv6 or UDP.
///
/// The counts are go-libp2p's: where fewer than 5 of the last 100 attempts were answered, only each hundredth is still made.
/// One that is answered ends that. Unlike there, one is also made when there was none for a while, since a machine moves from
/// network to network; and a host that refuses has answered.
struct BlackHoleDetector {
    /// Results that decide, and attempts of which one is made when they are held back.
    static let window = 100
    static let leastAnswers = 5
    /// How long no attempt is made at most.
    static let probeInterval: Duration = .seconds(300)

    enum State: Hashable, Sendable {
        /// Too little is known: every attempt is made.
        case probing
        case open
        /// Nearly nothing was answered: only probes are made.
        case blocked
    }

    private var results: [Bool] = []
    /// Where the next result goes once there are `window`.
    private var oldest = 0
    private(set) var answers = 0
    private var heldBack = 0
    private var lastAttempt: Instant?

    init() {}

    var state: State {
        if self.results.count < Self.window { return .probing }
        return self.answers >= Self.leastAnswers ? .open : .blocked
    }

    /// Whether an attempt may be made now.
    mutating func admits(now: Instant) -> Bool {
        if self.state == .blocked {
            self.heldBack += 1
            let isDue = self.lastAttempt.map { now >= $0 + Self.probeInterval } ?? true
            guard isDue || self.heldBack >= Self.window else { return false }
        }
        self.heldBack = 0
        self.lastAttempt = now
        return true
    }

    /// Notes whether somebody answered an attempt.
    mutating func ended(isAnswered: Bool) {
        if isAnswered, self.state == .blocked {
            self = BlackHoleDetector()
            return
        }
        if self.results.count < Self.window {
            self.results.append(isAnswered)
        } else {
            if self.results[self.oldest] { self.answers -= 1 }
            self.results[self.oldest] = isAnswered
            self.oldest = (self.oldest + 1) % Self.window
        }
        if isAnswered { self.answers += 1 }
    }
}
