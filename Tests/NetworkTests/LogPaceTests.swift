import Bytes
import Testing

@testable import Swarm

struct LogPaceTests {
    @Test func `a flood of one kind is ten lines every five seconds, and how many there were more`() {
        var pace = LogPace()
        var told = (0..<1_000).compactMap { pace.next(now: .zero + .milliseconds($0)) }
        #expect(told == Array(repeating: 0, count: 10))
        told = (0..<1_000).compactMap { pace.next(now: .zero + .seconds(5) + .milliseconds($0)) }
        #expect(told == [990] + Array(repeating: 0, count: 9))
    }

    @Test func `what is rare is told each time`() {
        var pace = LogPace(burst: 1)
        #expect((0..<100).compactMap { pace.next(now: .zero + .seconds(5 * $0)) }.count == 100)
    }

    @Test func `one kind does not silence another`() {
        let paces = LogPaces()
        for _ in 0..<100 { _ = paces.next("a", now: .zero) }
        #expect(paces.next("b", now: .zero) == 0)
    }
}
