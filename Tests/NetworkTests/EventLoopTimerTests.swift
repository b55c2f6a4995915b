import Bytes
import EventLoop
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopTimerTests {
    @Test func `timers fire in the order of their deadlines and never early`() async {
        let loop = EventLoop(index: 0)
        let delays = [9, 3, 6, 0, 12, 3]
        let timers = await loop.perform { LoopBound(Timers(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute { timers.value.start(delays, then: { done.resume() }) }
        }
        let fired = await loop.perform { timers.value.fired }
        #expect(fired.map(\.delay) == delays.sorted())
        #expect(fired.allSatisfy { $0.firedAt >= $0.deadline })
        await loop.perform { timers.value.close() }
        await loop.stop()
    }

    @Test func `a cancelled timer does not fire, and one that is set again fires once at the new time`() async {
        let loop = EventLoop(index: 0)
        let order = Locked<[String]>([])
        let timers = await loop.perform { LoopBound(Timers(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                let cancelled = LoopTimer(loop) { order.withLock { $0.append("cancelled") } }
                let moved = LoopTimer(loop) { order.withLock { $0.append("moved") } }
                let closed = LoopTimer(loop) { order.withLock { $0.append("closed") } }
                let last = LoopTimer(loop) { done.resume() }
                for timer in [cancelled, moved, closed] { timer.schedule(at: loop.now + .milliseconds(1)) }
                #expect(moved.deadline == loop.now + .milliseconds(1))
                cancelled.cancel()
                closed.close()
                closed.schedule(at: loop.now)
                moved.schedule(at: loop.now + .milliseconds(4))
                last.schedule(at: loop.now + .milliseconds(8))
                #expect(cancelled.deadline == nil)
                timers.value.kept = [cancelled, moved, closed, last]
            }
        }
        #expect(order.withLock { $0 } == ["moved"])
        await loop.perform { timers.value.close() }
        await loop.stop()
    }

    @Test func `a timer that is set within its handler fires again`() async {
        let loop = EventLoop(index: 0)
        let timers = await loop.perform { LoopBound(Timers(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute { timers.value.repeatTimer(5) { done.resume() } }
        }
        await loop.perform { timers.value.close() }
        await loop.stop()
    }

    @Test func `what a timer causes that is due before the poll does not wait for a socket`() async {
        let loop = EventLoop(index: 0, options: EventLoopOptions(spinning: false))
        let timers = await loop.perform { LoopBound(Timers(loop), on: loop) }
        await withCheckedContinuation { done in
            loop.execute {
                let timer = LoopTimer(loop) { loop.execute { done.resume() } }
                let deadline = loop.now + .milliseconds(1)
                timer.schedule(at: deadline)
                timers.value.kept = [timer]
                // The timer is late when the loop has done this job and goes to sleep.
                while EventLoop.monotonicNow() < deadline + .milliseconds(2) {}
            }
        }
        await loop.perform { timers.value.close() }
        await loop.stop()
    }

    @Test func `a timer that became due during a socket's callback sees that it is due`() async throws {
        let loop = EventLoop(index: 0, options: EventLoopOptions(spinning: false))
        let (ours, theirs) = try Socket.pair()
        let timers = await loop.perform { LoopBound(Timers(loop), on: loop) }
        let early = await withCheckedContinuation { done in
            loop.execute {
                let deadline = loop.now + .milliseconds(5)
                let holder = LoopHolder(until: deadline + .milliseconds(2))
                let poller = try? SocketPoller(loop, descriptor: ours.descriptor, handler: holder)
                let timer = LoopTimer(loop) {
                    poller?.close()
                    done.resume(returning: deadline - loop.now)
                }
                timer.schedule(at: deadline)
                timers.value.kept = [timer]
                poller?.update(reading: true, writing: false)
                _ = theirs.send(text: "x")
            }
        }
        #expect(early <= .zero)
        await loop.perform { timers.value.close() }
        await loop.stop()
        ours.close()
        theirs.close()
    }

    @Test func `a timer may be dropped on any thread`() async {
        let loop = EventLoop(index: 0)
        let fired = Locked(false)
        var timer: UncheckedBox<LoopTimer>? = await loop.perform {
            let timer = LoopTimer(loop) { fired.withLock { $0 = true } }
            timer.schedule(at: loop.now + .seconds(3600))
            return UncheckedBox(timer)
        }
        #expect(timer?.value.value.deadline != nil)
        timer = nil
        await loop.stop()
        #expect(fired.withLock { !$0 })
    }

    @Test func `sleeping ends at its deadline`() async throws {
        let loop = EventLoop(index: 0)
        let deadline = EventLoop.monotonicNow() + .milliseconds(5)
        try await loop.sleep(until: deadline)
        #expect(EventLoop.monotonicNow() >= deadline)
        await loop.stop()
    }

    @Test func `sleeping ends with an error when its task is cancelled or its loop stops`() async {
        let loop = EventLoop(index: 0)
        let cancelled = Task { try await loop.sleep(until: .distantFuture) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }

        let stopped = Task { try await loop.sleep(until: .distantFuture) }
        await loop.stop()
        await #expect(throws: CancellationError.self) { try await stopped.value }
    }

    @Test func `an operation that outlasts its deadline is cancelled, another returns its value`() async throws {
        let loop = EventLoop(index: 0)
        let soon = EventLoop.monotonicNow() + .milliseconds(2)
        await #expect(throws: DeadlineExceeded.self) {
            try await loop.withDeadline(soon) { try await loop.sleep(until: .distantFuture) }
        }
        let value = try await loop.withDeadline(.distantFuture) { 3 }
        #expect(value == 3)
        await loop.stop()
    }
}

/// Keeps timers of a loop, and what they did.
private final class Timers {
    private let loop: EventLoop
    var kept: [LoopTimer] = []
    private(set) var fired: [(delay: Int, deadline: Instant, firedAt: Instant)] = []

    init(_ loop: EventLoop) { self.loop = loop }

    func start(_ delays: [Int], then done: @escaping () -> Void) {
        let start = self.loop.now
        for delay in delays {
            let deadline = start + .milliseconds(delay) + .microseconds(300)
            let timer = LoopTimer(self.loop) { [unowned self] in
                self.fired.append((delay, deadline, EventLoop.monotonicNow()))
                if self.fired.count == delays.count { done() }
            }
            timer.schedule(at: deadline)
            self.kept.append(timer)
        }
    }

    func repeatTimer(_ times: Int, then done: @escaping () -> Void) {
        var left = times
        let timer = LoopTimer(self.loop) { [unowned self] in
            left -= 1
            if left == 0 { done() } else { self.kept.first?.schedule(at: self.loop.now) }
        }
        timer.schedule(at: self.loop.now)
        self.kept = [timer]
    }

    func close() {
        for timer in self.kept { timer.close() }
    }
}

/// Carries a timer to another thread, only to drop it there.
private final class UncheckedBox<Value>: Sendable {
    let value: UncheckedSendable<Value>

    init(_ value: Value) { self.value = UncheckedSendable(value) }
}

/// Holds the loop, once its socket can be read, until an instant has passed.
private final class LoopHolder: SocketEventHandler {
    private let end: Instant

    init(until end: Instant) { self.end = end }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        while EventLoop.monotonicNow() < self.end {}
    }
}
