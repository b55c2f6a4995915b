import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopGroupTests {
    @Test func `a group has half the cores' loops, at least one`() async {
        let group = EventLoopGroup()
        #expect(group.loops.count == max(1, EventLoopGroup.availableCores / 2))
        #expect(group.loops.map(\.index) == Array(0..<group.loops.count))
        await group.shutdown()
    }

    @Test func `the next loop is the least loaded one`() async {
        let group = EventLoopGroup(count: 3)
        group.loops[0].retainLoad()
        group.loops[2].retainLoad()
        #expect((0..<10).allSatisfy { _ in group.next() === group.loops[1] })
        group.loops[1].retainLoad()
        group.loops[1].retainLoad()
        group.loops[2].releaseLoad()
        #expect((0..<10).allSatisfy { _ in group.next() === group.loops[2] })
        await group.shutdown()
    }

    @Test func `loops of the same load take turns`() async {
        let group = EventLoopGroup(count: 3)
        let turns = (0..<9).map { _ in group.next().index }
        #expect(turns == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        await group.shutdown()
    }
}
