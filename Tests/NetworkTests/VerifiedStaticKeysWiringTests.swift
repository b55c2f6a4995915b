import EventLoop
import Testing

@testable import ConnectionUpgrade
@testable import Noise

/// Whether connections use the cache of verified static keys, and what it is charged with.
struct VerifiedStaticKeysWiringTests {
    /// How many keys each side knows when the same two have met twice.
    private func known(limit: Int) async throws -> [Int] {
        let loops = EventLoopGroup(count: 1)
        var upgraders: [ConnectionUpgrader] = []
        let pair = try await ConnectionPair.connect(
            on: loops, configure: { $0.verifiedKeys = limit }, prepareUpgraders: { upgraders = $0 })
        await pair.close()
        var counts: [Int] = []
        for upgrader in upgraders {
            let resources = try #require(upgrader.resources.first)
            counts.append(await loops.loops[0].perform { resources.value.verifiedKeys.count })
        }
        await loops.shutdown()
        return counts
    }

    @Test func `each side of a handshake remembers the other's key`() async throws {
        #expect(try await self.known(limit: 10) == [1, 1])
    }

    @Test func `a limit of 0 turns it off`() async throws {
        #expect(try await self.known(limit: 0) == [0, 0])
    }

    @Test func `the cache is charged when the node starts`() async throws {
        let loops = EventLoopGroup(count: 1)
        let scope = CountingScope()
        let side = try await ConnectionPair.Side(loops) {
            $0.verifiedKeys = 100
            $0.resources = scope
        }
        withExtendedLifetime(side) {
            #expect(scope.memory == 64 * 1_024 + 100 * VerifiedStaticKeys.proofCapacity)
        }
        await loops.shutdown()
    }
}
