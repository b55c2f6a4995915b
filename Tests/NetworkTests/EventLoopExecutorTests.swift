import Bytes
import EventLoop
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopExecutorTests {
    @Test func `a task that prefers the loop stays on it`() async {
        let loop = EventLoop(index: 0)
        let places = await Task(executorPreference: loop.taskExecutor) {
            var places = [loop.isCurrent]
            for _ in 0..<100 {
                await Task.yield()
                places.append(loop.isCurrent)
            }
            await Self.suspend()
            places.append(loop.isCurrent)
            return places
        }.value
        #expect(places.count == 102)
        #expect(places.allSatisfy { $0 })
        await loop.stop()
    }

    private static func suspend() async {
        await withCheckedContinuation { continuation in Task.detached { continuation.resume() } }
    }

    @Test func `child tasks of a task that prefers the loop run on it, too`() async {
        let loop = EventLoop(index: 0)
        let places = await Task(executorPreference: loop.taskExecutor) {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<10 { group.addTask { loop.isCurrent } }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
        }.value
        #expect(places == Array(repeating: true, count: 10))
        await loop.stop()
    }

    @Test func `an actor of the loop runs on it, and loop callbacks can assume its isolation`() async {
        let loop = EventLoop(index: 0)
        let service = LoopService(loop)
        for _ in 0..<100 { #expect(await service.count()) }
        await withCheckedContinuation { done in
            loop.execute {
                service.assumeIsolated { $0.counted += 1 }
                done.resume()
            }
        }
        #expect(await service.counted == 101)
        await loop.stop()
    }

    @Test func `a task that prefers one loop runs an actor's steps on the actor's loop`() async {
        let (first, second) = (EventLoop(index: 0), EventLoop(index: 1))
        let service = LoopService(second)
        let places = await Task(executorPreference: first.taskExecutor) {
            let before = first.isCurrent
            let during = await service.count()
            return [before, during, first.isCurrent]
        }.value
        #expect(places == [true, true, true])
        await first.stop()
        await second.stop()
    }

    @Test func `to assume an actor's isolation off its loop traps`() async {
        await #expect(processExitsWith: .failure) {
            let service = LoopService(EventLoop(index: 0))
            Self.assume(service)
        }
    }

    private static func assume(_ service: LoopService) {
        service.assumeIsolated { $0.counted += 1 }
    }

    @Test func `tasks and actors of a loop that has ended still finish`() async {
        let loop = EventLoop(index: 0)
        let service = LoopService(loop)
        await loop.stop()
        let value = await Task(executorPreference: loop.taskExecutor) {
            await Task.yield()
            _ = await service.count()
            return 7
        }.value
        #expect(value == 7)
        #expect(await service.counted == 1)
    }

    @Test func `a task that waits while its loop ends finishes later`() async {
        let loop = EventLoop(index: 0)
        let waiting = Locked<CheckedContinuation<Void, Never>?>(nil)
        let task = Task(executorPreference: loop.taskExecutor) {
            await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
            return true
        }
        while waiting.withLock({ $0 == nil }) { await Task.yield() }
        await loop.stop()
        waiting.withLock { $0 }?.resume()
        #expect(await task.value)
    }
}

private actor LoopService {
    private let loop: EventLoop
    var counted = 0

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.serialExecutor.asUnownedSerialExecutor() }

    func count() -> Bool {
        self.counted += 1
        return self.loop.isCurrent
    }
}
