import Bytes
import Foundation
import Synchronization
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct EventLoopTests {
    @Test func `jobs of one thread run in their order, on the loop`() async {
        let loop = EventLoop(index: 0)
        let order = Locked<[Int]>([])
        for number in 0..<10_000 {
            loop.execute {
                loop.assertCurrent()
                order.withLock { $0.append(number) }
            }
        }
        await loop.stop()
        #expect(order.withLock { $0 } == Array(0..<10_000))
    }

    @Test func `jobs of many threads all run, those of each thread in their order`() async {
        let loop = EventLoop(index: 0)
        let (threads, jobs) = (8, 1250)
        let order = Locked<[Int: [Int]]>([:])
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let left = Atomic<Int>(threads * jobs)
            let shared = SharedCount(left)
            for thread in 0..<threads {
                Thread.detachNewThread {
                    for job in 0..<jobs {
                        loop.execute {
                            order.withLock { $0[thread, default: []].append(job) }
                            if shared.takeOne() == 0 { done.resume() }
                        }
                    }
                }
            }
        }
        let result = order.withLock { $0 }
        #expect(result.count == threads)
        #expect(result.values.allSatisfy { $0 == Array(0..<jobs) })
        await loop.stop()
    }

    @Test func `a job given on the loop runs after the one that gave it`() async {
        let loop = EventLoop(index: 0)
        let order = Locked<[String]>([])
        loop.execute {
            loop.execute { order.withLock { $0.append("inner") } }
            order.withLock { $0.append("outer") }
        }
        await loop.stop()
        #expect(order.withLock { $0 } == ["outer", "inner"])
    }

    @Test func `perform returns the result or the error of its body`() async {
        struct Refused: Error {}
        let loop = EventLoop(index: 0)
        let isCurrent = await loop.perform { loop.isCurrent }
        #expect(isCurrent)
        #expect(!loop.isCurrent)
        await #expect(throws: Refused.self) { try await loop.perform { () throws(Refused) in throw Refused() } }
        await loop.stop()
    }

    @Test func `more jobs than a tick runs do not keep the loop from its timers`() async {
        let loop = EventLoop(index: 0)
        // A job that gives itself again would hold a loop without a bound for good.
        let chain = await loop.perform { LoopBound(EndlessJob(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                chain.value.start()
                let timer = LoopTimer(loop) { done.resume() }
                timer.schedule(at: loop.now)
                chain.value.timer = timer
            }
        }
        await loop.perform { chain.value.stop() }
        let statistics = await loop.perform { loop.statistics }
        #expect(statistics.jobs > 1)
        await loop.stop()
    }

    @Test func `stop runs what is queued before it returns`() async {
        let loop = EventLoop(index: 0)
        let count = Locked(0)
        for _ in 0..<5_000 { loop.execute { loop.execute { count.withLock { $0 += 1 } } } }
        await loop.stop()
        #expect(count.withLock { $0 } == 5_000)
        await loop.stop()
    }

    @Test func `several stops at once all return`() async {
        let loop = EventLoop(index: 0)
        await withTaskGroup { group in
            for _ in 0..<10 { group.addTask { await loop.stop() } }
        }
        #expect(!loop.isCurrent)
    }

    @Test func `a loop that was stopped leaves nothing behind`() async {
        final class Remains {
            weak var engine: LoopEngine?
            weak var core: LoopCore?
            weak var timer: LoopTimer?
        }
        let remains = Remains()
        await Self.useAndStop(LoopBound(remains, on: EventLoop(index: 0))) { remains, loop in
            remains.engine = loop.engine
            remains.core = loop.engine.current
            let timer = LoopTimer(loop) {}
            timer.schedule(at: loop.now + .seconds(3600))
            remains.timer = timer
        }
        #expect(remains.engine == nil && remains.core == nil && remains.timer == nil)
    }

    private static func useAndStop<Value>(
        _ bound: LoopBound<Value>, _ use: @escaping @Sendable (Value, EventLoop) -> Void
    ) async {
        await bound.loop.perform { use(bound.value, bound.loop) }
        await bound.loop.stop()
    }

    @Test func `a loop can be stopped by a task that runs on it`() async {
        let loop = EventLoop(index: 0)
        await Task(executorPreference: loop.taskExecutor) { await loop.stop() }.value
    }

    @Test func `jobs that come after the end run, one at a time, in order`() async {
        let loop = EventLoop(index: 0)
        await loop.stop()
        let order = Locked<[Int]>([])
        for number in 0..<100 {
            loop.execute {
                loop.assertCurrent()
                order.withLock { $0.append(number) }
            }
        }
        await loop.perform {}
        #expect(order.withLock { $0 } == Array(0..<100))
    }

    @Test func `a value of a loop is there on the loop`() async {
        final class Confined { var count = 1 }
        let loop = EventLoop(index: 0)
        let bound = await loop.perform { LoopBound(Confined(), on: loop) }
        await loop.perform { bound.value.count += 1 }
        #expect(await loop.perform { bound.value.count } == 2)
        await loop.stop()
    }

    @Test func `a value of a loop traps elsewhere`() async {
        await #expect(processExitsWith: .failure) {
            let loop = EventLoop(index: 0)
            let bound = LoopBound(1, on: loop)
            _ = bound.value
        }
    }

    @Test func `the time of a tick stands still while real time goes on`() async {
        let loop = EventLoop(index: 0)
        let (first, second, after) = await loop.perform {
            let first = loop.now
            let start = EventLoop.monotonicNow()
            while EventLoop.monotonicNow() == start {}
            return (first, loop.now, EventLoop.monotonicNow())
        }
        #expect(first == second)
        #expect(first < after)
        await loop.stop()
    }

    @Test func `a job that holds the loop is reported with its label`() async {
        let reports = Locked<[(String, Duration)]>([])
        let options = EventLoopOptions(slowCallbackThreshold: .milliseconds(20)) { label, duration in
            reports.withLock { $0.append((label, duration)) }
        }
        let loop = EventLoop(index: 0, options: options)
        for label in ["/slow/1.0.0", nil] {
            loop.execute {
                loop.currentLabel = label
                let end = EventLoop.monotonicNow() + .milliseconds(40)
                while EventLoop.monotonicNow() < end {}
            }
        }
        let statistics = await loop.perform { loop.statistics }
        await loop.stop()
        let found = reports.withLock { $0 }
        #expect(found.map(\.0) == ["/slow/1.0.0", "unlabelled"])
        #expect(found.allSatisfy { $0.1 > .milliseconds(20) })
        #expect(statistics.slowCallbacks == 2)
        #expect(statistics.longestCallback > .milliseconds(20))
    }
}

/// Counts down from many threads.
private final class SharedCount: Sendable {
    private let left: Atomic<Int>

    init(_ left: consuming Atomic<Int>) { self.left = left }

    /// How many are left after this one.
    func takeOne() -> Int { self.left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue }
}

/// A job that gives itself again until it is stopped.
private final class EndlessJob {
    private let loop: EventLoop
    private var isStopped = false
    var timer: LoopTimer?

    init(_ loop: EventLoop) { self.loop = loop }

    func start() {
        guard !self.isStopped else { return }
        let bound = LoopBound(self, on: self.loop)
        self.loop.execute { bound.value.start() }
    }

    func stop() {
        self.isStopped = true
        self.timer?.close()
    }
}
