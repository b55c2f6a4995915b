import Bytes
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct TaskSetTests {
    @Test func `ending a set waits until its tasks have ended`() async {
        let set = TaskSet()
        let ended = Locked(0)
        let (started, tell) = AsyncStream.makeStream(of: Void.self)
        for _ in 0..<10 {
            set.add {
                tell.yield()
                let (forever, _) = AsyncStream.makeStream(of: Void.self)
                for await _ in forever {}
                ended.withLock { $0 += 1 }
            }
        }
        var count = 0
        for await _ in started {
            count += 1
            if count == 10 { break }
        }
        await set.cancelAndWait()
        #expect(ended.withLock { $0 } == 10)
    }

    @Test func `tasks that end their own set wait neither for themselves nor for each other`() async {
        let set = TaskSet()
        let (both, tellBoth) = AsyncStream.makeStream(of: Void.self)
        let (ended, tellEnd) = AsyncStream.makeStream(of: Void.self)
        set.add {
            for await _ in both { break }
            await set.cancelAndWait()
            // A part of such a task is in the same place.
            async let part: Void = set.cancelAndWait()
            await part
            tellEnd.yield()
        }
        set.add {
            tellBoth.yield()
            await set.cancelAndWait()
            tellEnd.yield()
        }
        var count = 0
        for await _ in ended {
            count += 1
            if count == 2 { break }
        }
        await set.cancelAndWait()
    }

    @Test func `a set that was ended starts nothing`() async {
        let set = TaskSet()
        await set.cancelAndWait()
        let started = Locked(false)
        set.add { started.withLock { $0 = true } }
        await set.cancelAndWait()
        #expect(!started.withLock { $0 })
    }
}
