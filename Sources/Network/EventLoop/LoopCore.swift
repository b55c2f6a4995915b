internal import Bytes
internal import CUV

/// What an event loop keeps on its own thread: the libuv loop, the jobs of this tick, and what it counted.
///
/// Every method runs on the loop's thread, except `init`, which runs before there is one.
final class LoopCore {
    /// At most this many jobs run in a tick before the sockets have their turn.
    static let jobsPerTick = 1024
    /// A loop that was told to stop gives jobs that beget jobs this many ticks.
    static let ticksAfterStop = 1024

    let uv: UnsafeMutablePointer<uv_loop_t>
    let options: EventLoopOptions
    var queue = LoopJobQueue()
    var statistics = LoopStatistics()
    /// What runs now, for the report of slow callbacks.
    var label: String?
    /// The libuv loop is gone: handles can no longer be made.
    private(set) var isEnded = false

    private var participants: [any TickParticipant] = []
    private var finishing: [any TickParticipant] = []
    private var spinPolicy = SpinPolicy()
    private var wakeUp: LoopHandle?
    private var prepare: LoopHandle?

    /// Whether something happened since the loop last polled; `tickTime` and `callbackStart` are of this moment.
    private var isBusy = false
    private var tickTime = Instant.zero
    private var callbackStart: Int64 = 0
    private let slowThreshold: Int64

    init(options: EventLoopOptions) {
        self.options = options
        self.slowThreshold = options.slowCallbackThreshold.saturatingNanoseconds
        self.uv = .allocate(capacity: 1)
        let code = uv_loop_init(self.uv)
        precondition(code == 0, "an event loop could not be made (libuv error \(code))")
    }

    // MARK: Wake-ups

    /// Makes the handles of the loop itself, and returns the one by which other threads wake it.
    func open() -> UnsafeMutablePointer<uv_async_t> {
        let wakeUp = LoopHandle(kind: "wake-up", type: UV_ASYNC, core: self)
        let async = wakeUp.memory.assumingMemoryBound(to: uv_async_t.self)
        // The callback has nothing to do: after every wake-up the loop looks into its mailbox.
        let code = uv_async_init(self.uv, async) { _ in }
        precondition(code == 0, "an event loop's wake-up could not be made (libuv error \(code))")
        wakeUp.opened()
        self.wakeUp = wakeUp

        let prepare = LoopHandle(kind: "prepare", type: UV_PREPARE, core: self)
        let pointer = prepare.memory.assumingMemoryBound(to: uv_prepare_t.self)
        uv_prepare_init(self.uv, pointer)
        prepare.opened()
        uv_prepare_start(pointer) { pointer in
            guard let data = pointer?.pointee.data else { return }
            Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue().core.willPoll()
        }
        self.prepare = prepare
        return async
    }

    /// libuv 1.44 runs the timers that are due before it polls, too: what they caused must not wait for a socket, and the
    /// time must be read anew after the poll.
    private func willPoll() {
        if self.hasWork { uv_stop(self.uv) }
        self.isBusy = false
    }

    // MARK: Time

    /// When the first callback or job of this tick began; later where a timer became due since.
    var now: Instant {
        guard !self.isEnded else { return EventLoop.monotonicNow() }
        if !self.isBusy { self.becomeBusy() }
        return self.tickTime
    }

    private func becomeBusy() {
        self.isBusy = true
        self.tickTime = EventLoop.monotonicNow()
        self.callbackStart = CoarseClock.nanoseconds()
    }

    /// Must be called before each callback of a handle and each job.
    @inline(__always) func callbackBegan() {
        if !self.isBusy { self.becomeBusy() }
    }

    /// Must be called before the handler of a timer that was set to `deadline`.
    ///
    /// libuv reads the clock again between the sockets' callbacks and the timers, so a timer can be due that was not when
    /// this tick began. Its handler must see that, or it sets the timer to the same deadline and libuv fires it for ever.
    @inline(__always) func timerFired(deadline: Instant) {
        self.callbackBegan()
        if self.tickTime < deadline { self.tickTime = EventLoop.monotonicNow() }
    }

    /// Must be called after each callback of a handle.
    @inline(__always) func callbackEnded(_ work: @autoclosure () -> String? = nil) {
        self.statistics.callbacks &+= 1
        self.measure(work())
    }

    /// `work` is asked for only where the loop was held too long.
    @inline(__always) private func measure(_ work: @autoclosure () -> String? = nil) {
        let time = CoarseClock.nanoseconds()
        let held = time &- self.callbackStart
        if held > 0 { self.report(nanoseconds: held, work()) }
        self.callbackStart = time
        if self.label != nil { self.label = nil }
    }

    private func report(nanoseconds: Int64, _ work: @autoclosure () -> String?) {
        let duration = Duration.nanoseconds(nanoseconds)
        if duration > self.statistics.longestCallback { self.statistics.longestCallback = duration }
        guard nanoseconds > self.slowThreshold else { return }
        self.statistics.slowCallbacks += 1
        self.options.onSlowCallback(self.label ?? work() ?? "unlabelled", duration)
    }

    // MARK: Ticks

    /// Whether jobs or end-of-tick work are left.
    var hasWork: Bool { !self.queue.isEmpty || !self.participants.isEmpty }

    func atEndOfTick(_ participant: any TickParticipant) {
        self.participants.append(participant)
    }

    /// Runs ticks until the loop is told to stop and has nothing left to run.
    func run(engine: LoopEngine, task: UnownedTaskExecutor, actor: UnownedSerialExecutor) {
        var ticksLeft = Self.ticksAfterStop
        var isStopping = false
        while true {
            if engine.takeMail(into: &self.queue) { isStopping = true }
            self.runJobs(task: task, actor: actor)
            self.runParticipants()
            self.statistics.ticks &+= 1
            if isStopping {
                ticksLeft -= 1
                if ticksLeft <= 0 || (!self.hasWork && !engine.hasMail) { break }
            }
            if self.hasWork || isStopping {
                self.isBusy = false
                uv_run(self.uv, UV_RUN_NOWAIT)
            } else {
                self.wait(engine: engine)
            }
        }
    }

    private func runJobs(task: UnownedTaskExecutor, actor: UnownedSerialExecutor) {
        var left = Self.jobsPerTick
        while left > 0, let job = self.queue.popFirst() {
            left -= 1
            self.callbackBegan()
            switch job {
            case .closure(let closure): closure()
            case .task(let job): job.runSynchronously(on: task)
            case .actor(let job): job.runSynchronously(on: actor)
            }
            self.measure()
        }
        self.statistics.jobs &+= Self.jobsPerTick - left
    }

    private func runParticipants() {
        guard !self.participants.isEmpty else { return }
        swap(&self.participants, &self.finishing)
        for index in self.finishing.indices {
            self.callbackBegan()
            self.finishing[index].endOfTick()
            self.measure(self.finishing[index].workDescription)
        }
        self.finishing.removeAll(keepingCapacity: true)
    }

    /// Waits until something happens: polls on for a moment where that pays, then sleeps.
    private func wait(engine: LoopEngine) {
        self.isBusy = false
        let start = EventLoop.monotonicNow().nanoseconds
        let spinTime = self.options.spinning ? self.spinPolicy.nextSpin() : 0
        if spinTime > 0 {
            let found = self.spin(from: start, for: spinTime, engine: engine)
            // Until the first callback began: what it took is work, not waiting.
            let elapsed = self.now.nanoseconds &- start
            self.spinPolicy.spun(foundWork: found, after: elapsed)
            if found {
                self.spinPolicy.waited(nanoseconds: elapsed)
                return
            }
        }
        guard engine.prepareToSleep() else { return }
        self.statistics.sleeps &+= 1
        uv_run(self.uv, UV_RUN_ONCE)
        engine.awoke()
        self.spinPolicy.waited(nanoseconds: self.now.nanoseconds &- start)
    }

    private func spin(from start: Int64, for time: Int64, engine: LoopEngine) -> Bool {
        self.statistics.spins &+= 1
        let callbacks = self.statistics.callbacks
        repeat {
            uv_run(self.uv, UV_RUN_NOWAIT)
            if self.statistics.callbacks != callbacks || self.hasWork || engine.hasMail { return true }
            SystemCalls.yieldProcessor()
        } while EventLoop.monotonicNow().nanoseconds &- start < time
        return false
    }

    // MARK: End

    /// Closes every handle, also those that their owners forgot, and the libuv loop; answers what was forgotten.
    func close() -> [String] {
        self.isEnded = true
        self.wakeUp?.close()
        self.wakeUp = nil
        self.prepare?.close()
        self.prepare = nil
        // Whoever waits for a timer is told first, and closes what else it has.
        self.forEachOpenHandle { $0.loopEnded() }
        var forgotten: [String] = []
        self.forEachOpenHandle { handle in
            forgotten.append("\(handle.kind)")
            handle.close()
        }
        uv_run(self.uv, UV_RUN_DEFAULT)
        let code = uv_loop_close(self.uv)
        assert(code == 0, "the libuv loop has handles left")
        self.uv.deallocate()
        return forgotten
    }

    private func forEachOpenHandle(_ body: (LoopHandle) -> Void) {
        let open = OpenHandles()
        uv_walk(
            self.uv,
            { pointer, argument in
                guard let data = pointer?.pointee.data, let argument else { return }
                let handle = Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue()
                Unmanaged<OpenHandles>.fromOpaque(argument).takeUnretainedValue().handles.append(handle)
            }, Unmanaged.passUnretained(open).toOpaque())
        for handle in open.handles where !handle.isClosed { body(handle) }
    }
}

private final class OpenHandles {
    var handles: [LoopHandle] = []
}
