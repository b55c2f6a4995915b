import Bytes
import TestSupport
import Testing

@testable import Swarm

/// When a peer that should be connected is dialled again.
struct RedialScheduleTests {
    private func delays(_ count: Int, _ step: (inout RedialSchedule) -> Void) -> [Double] {
        var (schedule, random) = (RedialSchedule(.seconds(1)...(.seconds(300))), SeededGenerator(seed: 1))
        return (0..<count).map { _ in
            step(&schedule)
            return schedule.delay(using: &random).inSeconds
        }
    }

    @Test func `each failure doubles the wait, up to the longest, give or take a tenth`() {
        let delays = self.delays(200) { $0.failed() }
        for (delay, expected) in zip(delays, [1.0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
            #expect(abs(delay - expected) <= expected / 10 + 1e-9)
        }
        #expect(delays.allSatisfy { $0 <= 330 })
        #expect(Set(delays).count > 100, "nodes do not come back all at once")
    }

    @Test func `a connection that lasted begins anew, one that did not goes on`() {
        #expect(self.delays(8) { $0.ended(after: .seconds(60)) }.allSatisfy { $0 <= 1.1 })
        #expect(self.delays(8) { $0.ended(after: .seconds(3)) }.last.map { $0 > 100 } == true)
    }
}
