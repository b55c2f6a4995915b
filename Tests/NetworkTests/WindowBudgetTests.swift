import Bytes
import Swarm
import Testing
import Transport

@testable import ConnectionUpgrade
@testable import Yamux

/// What the windows of a node's streams may hold beyond what they begin with.
@Suite(.timeLimit(.minutes(2))) struct WindowBudgetTests {
    private static let initial = YamuxConfiguration.initialWindow

    @Test func `a budget gives no more than it has, and again what came back`() {
        let budget = WindowBudget(limit: 10)
        #expect(budget.take(10))
        #expect(!budget.take(1))
        budget.give(4)
        #expect(!budget.take(5))
        #expect(budget.take(4), "what was refused is not held")
        #expect(!budget.take(1))
    }

    @Test func `a window grows within the node's budget, and what it took is another's when its stream ends`()
        async throws
    {
        try await self.withFastPeer(budget: 3 * Self.initial) { peer in
            #expect(try await peer.growth(ofStream: 1, within: 100) == 3 * Self.initial)
            #expect(try await peer.growth(ofStream: 3, within: 20) == 0, "all of the budget is taken")
            try await peer.reset(1)
            #expect(try await peer.growth(ofStream: 3, within: 100) == 3 * Self.initial)
        }
    }

    @Test func `a window for whose growth the budget has no room stays`() async throws {
        try await self.withFastPeer(budget: 3 * Self.initial - 1) { peer in
            let growth = try await peer.growth(ofStream: 1, within: 20)
            #expect(growth == 0)
        }
    }

    private func withFastPeer(budget: Int, _ body: (FastPeer) async throws -> Void) async throws {
        var configuration = SwarmConfiguration()
        configuration.windowBudget = budget
        try await HostileSubject.with(configuration) { subject in
            subject.swarm.handle("/sink") { _ in Sink() }
            let peer = FastPeer(try await subject.secured().peer)
            try await peer.open(1)
            try await peer.open(3)
            try await peer.answerPingLate(behind: 1)
            try await body(peer)
            await peer.peer.close()
        }
    }
}

/// A peer whose pong comes late, so that its path looks long for how fast it sends.
private final class FastPeer {
    private static let half = YamuxConfiguration.initialWindow / 2

    let peer: HostilePeer
    private var plaintext: [UInt8] = []

    init(_ peer: HostilePeer) { self.peer = peer }

    func open(_ stream: UInt32) async throws {
        try await self.peer.sendSealed(
            HostilePeer.frame(1, flags: 1, stream: stream)
                + HostilePeer.data(stream, HostilePeer.header + HostilePeer.message("/sink")))
    }

    func reset(_ stream: UInt32) async throws {
        try await self.peer.sendSealed(HostilePeer.frame(1, flags: 8, stream: stream))
    }

    /// Answers the node's ping when ten halves of a window have gone, so that it seems to take as long as they.
    func answerPingLate(behind stream: UInt32) async throws {
        let ping = try await self.frame { $0.type == .ping }
        for _ in 0..<10 { _ = try await self.exchange(stream) }
        try await self.peer.sendSealed(HostilePeer.frame(2, flags: 2, value: ping.value))
    }

    /// By how many first windows a stream's window grew, in bytes, while at most so many halves of one were sent.
    func growth(ofStream stream: UInt32, within rounds: Int) async throws -> Int {
        for _ in 0..<rounds {
            let granted = try await self.exchange(stream)
            // The negotiation was consumed, too: a few bytes.
            let windows = (granted - Self.half) / YamuxConfiguration.initialWindow
            if windows > 0 { return windows * YamuxConfiguration.initialWindow }
        }
        return 0
    }

    /// Sends half of a stream's first window; gives what is granted for it.
    private func exchange(_ stream: UInt32) async throws -> Int {
        for _ in 0..<4 {
            try await self.peer.sendSealed(HostilePeer.data(stream, Array(repeating: 7, count: Self.half / 4)))
        }
        var granted = 0
        while granted < Self.half {
            granted += Int(try await self.frame { $0.type == .windowUpdate && $0.stream == stream }.value)
        }
        return granted
    }

    /// The next frame that is wanted; others are skipped.
    private func frame(_ isWanted: (YamuxHeader) -> Bool) async throws -> YamuxHeader {
        while true {
            while self.plaintext.count < YamuxHeader.length { self.plaintext += try await self.peer.readSealed() }
            var reader = BytesReader(Bytes(self.plaintext.prefix(YamuxHeader.length)))
            let header = try YamuxHeader(reading: &reader)
            self.plaintext.removeFirst(YamuxHeader.length)
            if header.type == .data {
                let length = Int(header.value)
                while self.plaintext.count < length { self.plaintext += try await self.peer.readSealed() }
                self.plaintext.removeFirst(length)
            }
            if isWanted(header) { return header }
        }
    }
}
