import Bytes
import Swarm
import Testing
import Transport

@testable import ConnectionUpgrade
@testable import Yamux

/// What the windows of a node's streams may hold beyond what they begin with.
@Suite(.timeLimit(.minutes(2))) struct WindowBudgetTests {
    private static let initial = YamuxConfiguration.initialWindow

    @Test func `a budget gives at most half of what is left, and again what came back`() {
        let budget = WindowBudget(limit: 16)
        #expect(!budget.take(9))
        #expect(budget.take(8), "what was refused is not held")
        #expect(!budget.take(5))
        #expect(budget.take(4))
        budget.give(8)
        #expect(!budget.take(7))
        #expect(budget.take(6))
    }

    @Test func `a window grows within the node's budget, and what it took is another's when its stream ends`()
        async throws
    {
        try await self.withFastPeer(node: 6 * Self.initial) { peer, _ in
            try await peer.expectGrowth(ofStream: 1, within: 100, is: 3 * Self.initial)
            try await peer.expectGrowth(ofStream: 3, within: 20, is: 0)
            try await peer.reset(1)
            try await peer.expectGrowth(ofStream: 3, within: 100, is: 3 * Self.initial)
        }
    }

    @Test func `what a connection's windows took is another's when it ends`() async throws {
        try await self.withFastPeer(node: 6 * Self.initial) { peer, subject in
            try await peer.expectGrowth(ofStream: 1, within: 100, is: 3 * Self.initial)
            let (end, connection) = try await subject.secured()
            let later = try await FastPeer(end)
            try await later.expectGrowth(ofStream: 1, within: 20, is: 0)
            for connection in subject.swarm.connections { await connection.close(gracePeriod: .zero) }
            _ = await connection.waitUntilClosed()
            let last = try await FastPeer(try await subject.secured().peer)
            try await last.expectGrowth(ofStream: 1, within: 100, is: 3 * Self.initial)
        }
    }

    @Test func `a window for whose growth the node's budget has no room stays`() async throws {
        try await self.withFastPeer(node: 6 * Self.initial - 1) { peer, _ in
            try await peer.expectGrowth(ofStream: 1, within: 20, is: 0)
        }
    }

    @Test func `the windows of a connection grow within its own budget`() async throws {
        try await self.withFastPeer(connection: 3 * Self.initial) { peer, _ in
            try await peer.expectGrowth(ofStream: 1, within: 100, is: 3 * Self.initial)
            try await peer.expectGrowth(ofStream: 3, within: 20, is: 0)
        }
    }

    @Test func `where the memory for a growth is refused, the node's budget keeps it`() async throws {
        let scope = CountingScope(memoryLimit: 64 * 1_024 + 3 * Self.initial)
        try await self.withFastPeer(node: 6 * Self.initial, resources: scope) { peer, subject in
            try await peer.expectGrowth(ofStream: 1, within: 20, is: 0)
            scope.allow(.max)
            try await peer.expectGrowth(ofStream: 1, within: 100, is: 3 * Self.initial)
        }
    }

    private func withFastPeer(
        node: Int = .max, connection: Int = .max, resources: (any ResourceScope)? = nil,
        _ body: (FastPeer, HostileSubject) async throws -> Void
    ) async throws {
        var configuration = SwarmConfiguration()
        configuration.nodeWindowBudget = node
        configuration.connectionWindowBudget = connection
        configuration.verifiedStaticKeys = 0
        if let resources { configuration.resources = resources }
        try await HostileSubject.with(configuration) { subject in
            subject.swarm.handle("/sink") { _ in Sink() }
            let peer = try await FastPeer(try await subject.secured().peer)
            try await body(peer, subject)
            await peer.peer.close()
        }
    }
}

/// A peer whose pong comes late, so that its path looks long for how fast it sends.
private final class FastPeer {
    private static let half = YamuxConfiguration.initialWindow / 2

    let peer: HostilePeer
    private var plaintext: [UInt8] = []

    /// Opens two streams and makes itself look far away.
    init(_ peer: HostilePeer) async throws {
        self.peer = peer
        try await self.open(1)
        try await self.open(3)
        try await self.answerPingLate(behind: 1)
    }

    private func open(_ stream: UInt32) async throws {
        try await self.peer.sendSealed(
            HostilePeer.frame(1, flags: 1, stream: stream)
                + HostilePeer.data(stream, HostilePeer.header + HostilePeer.message("/sink")))
    }

    func reset(_ stream: UInt32) async throws {
        try await self.peer.sendSealed(HostilePeer.frame(1, flags: 8, stream: stream))
    }

    /// Answers the node's ping when ten halves of a window have gone, so that it seems to take as long as they.
    private func answerPingLate(behind stream: UInt32) async throws {
        let ping = try await self.frame { $0.type == .ping }
        for _ in 0..<10 { _ = try await self.exchange(stream) }
        try await self.peer.sendSealed(HostilePeer.frame(2, flags: 2, value: ping.value))
    }

    /// Expects a stream's window to grow by so many bytes while at most so many halves of a first window are sent.
    func expectGrowth(
        ofStream stream: UInt32, within rounds: Int, is expected: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let growth = try await self.growth(ofStream: stream, within: rounds)
        #expect(growth == expected, sourceLocation: sourceLocation)
    }

    private func growth(ofStream stream: UInt32, within rounds: Int) async throws -> Int {
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
