import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopSpinPolicyTests {
    /// Waits of one length, and whether the wait after them spins.
    @Test(arguments: [
        (nanoseconds: Int64(10_000), waits: 17, spins: false), (nanoseconds: 10_000, waits: 20, spins: true),
        (nanoseconds: 60_000, waits: 60, spins: true), (nanoseconds: 199_000, waits: 200, spins: true),
        (nanoseconds: 201_000, waits: 1000, spins: false), (nanoseconds: 5_000_000_000, waits: 5, spins: false),
    ])
    func `a loop spins only while its waits are short`(nanoseconds: Int64, waits: Int, spins: Bool) {
        var policy = SpinPolicy()
        for _ in 0..<waits { policy.waited(nanoseconds: nanoseconds) }
        let answer = policy.nextSpin() > 0
        #expect(answer == spins)
    }

    @Test func `a new wait weighs one eighth of the average`() {
        var policy = Self.busy()
        policy.waited(nanoseconds: 0)
        let before = policy.averageWait
        policy.waited(nanoseconds: before + 8_000)
        #expect(policy.averageWait == before + 1_000)
    }

    @Test func `quiet ends the spinning after one long wait, and traffic brings it back`() {
        var policy = Self.busy()
        let whileBusy = policy.nextSpin() > 0
        policy.waited(nanoseconds: 60_000_000_000)
        let afterQuiet = policy.nextSpin() > 0
        for _ in 0..<10 { policy.waited(nanoseconds: 50_000) }
        let withTraffic = policy.nextSpin() > 0
        #expect([whileBusy, afterQuiet, withTraffic] == [true, false, true])
    }

    @Test func `when under a quarter of the spins find work, each sixteenth wait spins`() {
        var policy = Self.busy()
        while policy.successShare >= 256 { policy.spun(foundWork: false, after: 5_000) }
        let spins = (0..<160).map { _ in policy.nextSpin() }
        #expect(spins.enumerated().allSatisfy { ($0.element > 0) == (($0.offset + 1) % 16 == 0) })
        #expect(spins.max() == SpinPolicy.retrySpinTime, "longer than a sleeping peer takes to wake up")
    }

    @Test func `a spin behind one that found nothing is longer than a sleeping peer takes to wake up`() {
        var policy = Self.busy()
        #expect(policy.nextSpin() == SpinPolicy.shortestSpin)
        policy.spun(foundWork: false, after: 5_000)
        #expect(policy.nextSpin() == SpinPolicy.retrySpinTime)
        policy.spun(foundWork: true, after: 5_000)
        #expect(policy.nextSpin() == SpinPolicy.shortestSpin)
    }

    @Test(arguments: [(find: Int64(5_000), spin: Int64(20_000)), (25_000, 50_000), (90_000, 60_000)])
    func `a spin takes twice as long as those before took to find work`(find: Int64, spin: Int64) {
        var policy = Self.busy()
        for _ in 0..<100 { policy.spun(foundWork: true, after: find) }
        #expect(abs(policy.nextSpin() - spin) <= 100)
    }

    @Test func `spins that find work again make every wait spin again`() {
        var policy = Self.busy()
        for _ in 0..<200 { policy.spun(foundWork: false, after: 5_000) }
        let spinsWithoutWork = policy.nextSpin() > 0
        #expect(!spinsWithoutWork)
        for _ in 0..<6 { policy.spun(foundWork: true, after: 5_000) }
        let spins = (0..<100).map { _ in policy.nextSpin() > 0 }
        #expect(spins.allSatisfy { $0 })
    }

    @Test func `a third of successful spins is enough`() {
        var policy = Self.busy()
        for number in 0..<300 { policy.spun(foundWork: number % 3 == 0, after: 5_000) }
        let answer = policy.nextSpin() > 0
        #expect(answer)
    }

    @Test func `a loop that may not spin never does`() async {
        let loop = EventLoop(index: 0, options: EventLoopOptions(spinning: false))
        for _ in 0..<200 { await loop.perform {} }
        #expect(await loop.perform { loop.statistics.spins } == 0)
        await loop.stop()
    }

    private static func busy() -> SpinPolicy {
        var policy = SpinPolicy()
        for _ in 0..<100 { policy.waited(nanoseconds: 5_000) }
        return policy
    }
}
