import Bytes
import PeerIdentity
import TestSupport
import Testing

@testable import Swarm

/// What peers are worth, and who is protected.
struct PeerScoresTests {
    private let peers: [PeerID]

    init() throws {
        self.peers = try (0..<3).map { _ in try PrivateKey.generate(.ed25519).publicKey.peerID }
    }

    private func later(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func `a peer is worth the sum of its tags, and nothing without`() {
        var scores = PeerScores()
        scores.tag(self.peers[0], "dht", 5, now: .zero)
        scores.tag(self.peers[0], "relay", 7, now: .zero)
        scores.tag(self.peers[0], "dht", 3, now: .zero)
        #expect(scores.value(of: self.peers[0], now: .zero) == 10)
        #expect(scores.value(of: self.peers[1], now: .zero) == 0)
        scores.tag(self.peers[0], "dht", 0, now: .zero)
        scores.tag(self.peers[0], "relay", 0, now: .zero)
        #expect(scores.value(of: self.peers[0], now: .zero) == 0)
        #expect(scores.count == 0)
    }

    @Test func `a value that decays is half after its half-life, and then forgotten`() {
        var scores = PeerScores()
        let score = DecayingScore(halfLife: .seconds(10), maximum: 100)
        scores.bump(self.peers[0], "answers", by: 64, score, now: .zero)
        #expect(scores.value(of: self.peers[0], now: .zero) == 64)
        #expect(scores.value(of: self.peers[0], now: self.later(5)) == 48)
        #expect(scores.value(of: self.peers[0], now: self.later(10)) == 32)
        #expect(scores.value(of: self.peers[0], now: self.later(30)) == 8)
        #expect(scores.value(of: self.peers[0], now: self.later(100_000)) == 0)
        scores.bump(self.peers[0], "answers", by: 1_000, score, now: self.later(10))
        #expect(scores.value(of: self.peers[0], now: self.later(10)) == 100, "never above its maximum")
        scores.protect(self.peers[0], "x", now: self.later(100_000))
        scores.unprotect(self.peers[0], "x", now: self.later(100_000))
        #expect(scores.count == 0, "nothing is left of what has decayed")
    }

    @Test func `a clock that seems to go back raises no value`() {
        var scores = PeerScores()
        scores.bump(self.peers[0], "answers", by: 10, DecayingScore(halfLife: .seconds(10)), now: self.later(100))
        #expect(scores.value(of: self.peers[0], now: .zero) == 10)
        #expect(scores.value(of: self.peers[0], now: .distantFuture) == 0)
    }

    @Test func `a peer is protected until all who protect it have let go`() {
        var scores = PeerScores()
        scores.protect(self.peers[0], "dht", now: .zero)
        scores.protect(self.peers[0], "relay", now: .zero)
        scores.unprotect(self.peers[0], "dht", now: .zero)
        #expect(scores.isProtected(self.peers[0]))
        #expect(!scores.isProtected(self.peers[1]))
        scores.unprotect(self.peers[0], "relay", now: .zero)
        #expect(!scores.isProtected(self.peers[0]))
    }

    @Test func `values that do not fit a number are the largest there is`() {
        var scores = PeerScores()
        scores.tag(self.peers[0], "a", .max, now: .zero)
        scores.tag(self.peers[0], "b", .max, now: .zero)
        #expect(scores.value(of: self.peers[0], now: .zero) == .max)
        scores.tag(self.peers[1], "a", .min, now: .zero)
        scores.tag(self.peers[1], "b", .min, now: .zero)
        #expect(scores.value(of: self.peers[1], now: .zero) == .min)
    }

    @Test func `tags of one peer are bounded`() {
        var scores = PeerScores()
        for number in 0..<1_000 { scores.tag(self.peers[0], "tag \(number)", 1, now: .zero) }
        #expect(scores.value(of: self.peers[0], now: .zero) == PeerScores.maximumTags)
    }
}
