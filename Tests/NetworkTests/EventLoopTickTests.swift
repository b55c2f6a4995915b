import EventLoop
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopTickTests {
    @Test func `end-of-tick work runs after the jobs of the tick`() async {
        let loop = EventLoop(index: 0)
        let log = await loop.perform { LoopBound(TickLog(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                log.value.whenDone = { done.resume() }
                log.value.note("job 1")
                loop.atEndOfTick(log.value)
                loop.execute { log.value.note("job 2") }
                log.value.note("job 1 ends")
            }
        }
        #expect(await loop.perform { log.value.lines } == ["job 1", "job 1 ends", "job 2", "end"])
        await loop.stop()
    }

    @Test func `work asked for at the end of a tick runs at the end of the next, without another event`() async {
        let loop = EventLoop(index: 0)
        let log = await loop.perform { LoopBound(TickLog(loop), on: loop) }
        let before = await loop.perform { loop.statistics.ticks }
        await withCheckedContinuation { done in
            loop.execute {
                log.value.whenDone = { done.resume() }
                log.value.repeats = 3
                loop.atEndOfTick(log.value)
            }
        }
        let (lines, ticks) = await loop.perform { (log.value.lines, log.value.ticks.map { $0 - before }) }
        #expect(lines == ["end", "end", "end", "end"])
        #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $1 == $0 + 1 })
        await loop.stop()
    }

    @Test func `end-of-tick work that a stop overtakes still runs`() async {
        let loop = EventLoop(index: 0)
        let log = LoopBound(TickLog(loop), on: loop)
        loop.execute { loop.atEndOfTick(log.value) }
        await loop.stop()
        loop.execute { loop.atEndOfTick(log.value) }
        await loop.perform {}
        #expect(await loop.perform { log.value.lines } == ["end", "end"])
    }
}

private final class TickLog: TickParticipant {
    private let loop: EventLoop
    private(set) var lines: [String] = []
    private(set) var ticks: [Int] = []
    var repeats = 0
    var whenDone: () -> Void = {}

    init(_ loop: EventLoop) { self.loop = loop }

    func note(_ line: String) { self.lines.append(line) }

    func endOfTick() {
        self.note("end")
        self.ticks.append(self.loop.statistics.ticks)
        guard self.repeats > 0 else { return self.whenDone() }
        self.repeats -= 1
        self.loop.atEndOfTick(self)
    }
}
