import Bytes
import Testing

/// How often something may happen: a burst, and one more an interval.
struct RateBudgetTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private func taken(_ attempts: Int, of budget: inout RateBudget, after time: Duration) -> Int {
        (0..<attempts).reduce(0) { count, _ in count + (budget.take(now: Self.start + time) ? 1 : 0) }
    }

    @Test func `a budget is a burst of ten and one more every five seconds`() {
        var budget = RateBudget(burst: 10, interval: .seconds(5))
        #expect(self.taken(20, of: &budget, after: .zero) == 10)
        #expect(self.taken(1, of: &budget, after: .milliseconds(4_999)) == 0)
        #expect(self.taken(2, of: &budget, after: .seconds(5)) == 1)
        #expect(!budget.isWhole(now: Self.start + .seconds(50)))
        #expect(budget.isWhole(now: Self.start + .seconds(55)))
        #expect(self.taken(20, of: &budget, after: .seconds(1_000)) == 10)
    }

    @Test func `what is spent beyond the budget must come back first`() {
        var budget = RateBudget(burst: 2, interval: .seconds(1))
        for _ in 0..<5 { budget.spend(now: Self.start) }
        #expect(self.taken(1, of: &budget, after: .milliseconds(3_999)) == 0)
        #expect(self.taken(2, of: &budget, after: .seconds(4)) == 1)
    }

    @Test(arguments: [
        RateBudget(burst: .max, interval: .seconds(1)), RateBudget(burst: .max - 1, interval: .seconds(Int64.max)),
        RateBudget(burst: 1, interval: .zero),
    ])
    func `budgets without an end trap nothing`(budget: RateBudget) {
        var budget = budget
        #expect(self.taken(1_000, of: &budget, after: .zero) == 1_000)
    }

    @Test func `a burst of none is never`() {
        var budget = RateBudget(burst: 0, interval: .seconds(1))
        #expect(self.taken(3, of: &budget, after: .zero) == 0)
        #expect(self.taken(3, of: &budget, after: .seconds(100)) == 0)
    }

    @Test func `where the interval has no end, the burst is all there is`() {
        var budget = RateBudget(burst: 1, interval: .seconds(Int64.max))
        #expect(self.taken(3, of: &budget, after: .zero) == 1)
        #expect(self.taken(3, of: &budget, after: .seconds(1_000_000)) == 0)
    }
}
