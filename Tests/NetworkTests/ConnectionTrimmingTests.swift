import Bytes
import PeerIdentity
import TestSupport
import Testing
import Transport

@testable import Swarm

/// Which connections go when there are too many.
struct ConnectionTrimmingTests {
    private let peer: PeerID
    private static let now = Instant.zero + .seconds(1_000)

    init() throws { self.peer = try PrivateKey.generate(.ed25519).publicKey.peerID }

    private func candidate(
        _ id: UInt64, value: Int = 0, streams: Int = 0, direction: Direction = .inbound, age: Int = 500,
        isProtected: Bool = false
    ) -> ConnectionTrimming.Candidate {
        ConnectionTrimming.Candidate(
            id: id, peer: self.peer, direction: direction, openedAt: Self.now + .seconds(-age), streams: streams,
            value: value, isProtected: isProtected)
    }

    private func closed(_ candidates: [ConnectionTrimming.Candidate], low: Int, high: Int) -> [UInt64] {
        ConnectionTrimming(policy: ConnectionPolicy(lowWater: low, highWater: high))
            .excess(candidates, now: Self.now).map(\.id)
    }

    @Test func `nothing goes up to the high water, and down to the low water above it`() {
        let candidates = (1...10).map { self.candidate($0) }
        #expect(self.closed(candidates, low: 3, high: 10).isEmpty)
        #expect(self.closed(candidates + [self.candidate(11)], low: 3, high: 10).count == 8)
    }

    @Test func `the least valuable go first, then those without streams, then strangers, then the newest`() {
        let candidates = [
            self.candidate(1, value: 5), self.candidate(2, streams: 1), self.candidate(3, direction: .outbound),
            self.candidate(4), self.candidate(5), self.candidate(6, value: -1, streams: 9),
        ]
        #expect(self.closed(candidates, low: 0, high: 1) == [6, 5, 4, 3, 2, 1])
    }

    @Test func `protected peers and new connections stay`() {
        let candidates = [
            self.candidate(1, isProtected: true), self.candidate(2, age: 59), self.candidate(3, value: 100, age: 60),
        ]
        #expect(self.closed(candidates, low: 0, high: 1) == [3])
    }

    @Test func `a crowd of newcomers closes nobody who was there before`() {
        let settled = (1...6).map { self.candidate($0) }
        let crowd = (7...40).map { self.candidate($0, age: 10) }
        #expect(self.closed(settled + crowd, low: 6, high: 8) == [])
        #expect(self.closed(settled + crowd, low: 4, high: 8) == [])
        #expect(self.closed(settled + crowd, low: 4, high: 5) == [6, 5])
    }

    @Test(arguments: UInt64(1)...30)
    func `whatever there is, no more goes than must, and nothing that must stay`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let candidates = (0..<UInt64.random(in: 0...60, using: &random)).map { id in
            self.candidate(
                id, value: .random(in: -3...3, using: &random), streams: .random(in: 0...2, using: &random),
                direction: Bool.random(using: &random) ? .inbound : .outbound,
                age: .random(in: 0...120, using: &random), isProtected: .random(using: &random))
        }
        let high = Int.random(in: 1...40, using: &random)
        let low = Int.random(in: 0...high, using: &random)
        let closed = Set(self.closed(candidates, low: low, high: high))
        let settled = candidates.filter { Self.now - $0.openedAt >= .seconds(60) }
        let mustStay = candidates.filter { $0.isProtected || Self.now - $0.openedAt < .seconds(60) }
        #expect(closed.isDisjoint(with: mustStay.map(\.id)))
        #expect(closed.isEmpty || settled.count > high)
        if settled.count > high {
            #expect(closed.count == min(max(settled.count - low, 0), candidates.count - mustStay.count))
        }
        let kept = candidates.filter { !closed.contains($0.id) && !mustStay.map(\.id).contains($0.id) }
        let gone = candidates.filter { closed.contains($0.id) }
        #expect((gone.map(\.value).max() ?? .min) <= (kept.map(\.value).min() ?? .max))
    }

    @Test(arguments: 1...20) func `limits of few connections leave some where there are too many`(_ most: Int) {
        var limits = ResourceLimits.unlimited
        limits.system.connections = most
        let policy = ConnectionPolicy.fitting(limits)
        #expect(policy.lowWater >= max(most / 4, 1))
        #expect(policy.highWater >= policy.lowWater && policy.highWater <= most)
    }
}
