public import Bytes
internal import CUV
internal import Synchronization

/// One thread with one libuv loop: it polls sockets, keeps timers, and runs jobs that any thread brings.
///
/// What belongs to a connection is confined to its loop and needs no lock (Docs/Architecture.md, "The hot path"). A tick is:
/// callbacks of sockets and timers, then jobs, then what asked for the end of the tick. The loop lives until `stop`.
public final class EventLoop: Sendable {
    /// The place of this loop in its group.
    public let index: Int
    /// Runs tasks on this loop: `Task(executorPreference: loop.taskExecutor)`.
    public let taskExecutor: LoopTaskExecutor
    /// The executor for actors that live on this loop.
    public let serialExecutor: LoopSerialExecutor

    let engine: LoopEngine
    private let thread = Locked<LoopThread?>(nil)
    private let load = Atomic<Int>(0)

    /// Makes a loop and starts its thread, which runs until `stop`.
    public init(index: Int, options: EventLoopOptions = .init()) {
        self.index = index
        self.engine = LoopEngine(options: options)
        self.taskExecutor = LoopTaskExecutor(engine: self.engine)
        self.serialExecutor = LoopSerialExecutor(engine: self.engine)
        let thread = LoopThread.start(name: "\(options.name)-\(index)") { [engine, taskExecutor, serialExecutor] in
            engine.run(task: taskExecutor, actor: serialExecutor)
        }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread after it has run what is queued, and returns when it has ended.
    ///
    /// The owners of timers, pollers and watchers close them first; what they forgot is closed and logged. Jobs that come
    /// later still run, one at a time, but find no loop to make handles on.
    public func stop() async {
        await withCheckedContinuation { self.engine.stop($0) }
        self.thread.withLock { $0.take() }?.join()
    }

    // MARK: Being on the loop

    /// Whether the caller runs on this loop's thread.
    public var isCurrent: Bool { self.engine.isCurrent }

    /// Traps unless the caller runs on this loop's thread.
    public func assertCurrent() {
        precondition(self.isCurrent, "only the event loop's own thread may do this")
    }

    // MARK: Jobs

    /// Runs `job` on the loop, from any thread; jobs of one thread keep their order, and none runs before this returns.
    public func execute(_ job: @escaping @Sendable () -> Void) {
        if !self.engine.enqueue(.closure(job)) { self.engine.enqueueLate(job) }
    }

    /// Runs `body` on the loop: at once where it is the caller's own, and as a job otherwise.
    package func runOrExecute(_ body: @escaping @Sendable () -> Void) {
        if self.isCurrent { body() } else { self.execute(body) }
    }

    /// Runs `body` on the loop and returns its result to the caller.
    public func perform<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withHandover { handover in
            self.execute { handover.give(Result(catching: body)) }
        }
        return try result.get()
    }

    /// Runs `participant.endOfTick()` once, after the callbacks and jobs of this tick and before the loop sleeps. On the
    /// loop only.
    ///
    /// Asking from within `endOfTick` means the next tick, which then comes without sleeping. Who asks twice is run twice: a
    /// participant keeps a flag.
    public func atEndOfTick(_ participant: any TickParticipant) {
        let core = self.engine.current
        guard core.isEnded else { return core.atEndOfTick(participant) }
        let bound = LoopBound(participant, on: self)
        self.execute { bound.value.endOfTick() }
    }

    // MARK: Time

    /// When the callbacks of this tick began: cheap, and the same for all that happens in the tick. On the loop only.
    public var now: Instant { self.engine.current.now }

    /// The same clock read afresh, on any thread.
    public static func monotonicNow() -> Instant {
        Instant(nanoseconds: Int64(truncatingIfNeeded: uv_hrtime()))
    }

    // MARK: What it does

    /// What the loop counted. On the loop only: `await loop.perform { loop.statistics }` from elsewhere.
    public var statistics: LoopStatistics { self.engine.current.statistics }

    /// A name for what runs now, say its protocol, for the report of slow callbacks; it is forgotten after the callback or
    /// job. On the loop only.
    public var currentLabel: String? {
        get { self.engine.current.label }
        set { self.engine.current.label = newValue }
    }

    /// How many connections, or other lasting work, the loop serves.
    public var currentLoad: Int { self.load.load(ordering: .relaxed) }

    /// Counts one more connection on this loop.
    public func retainLoad() { self.load.wrappingAdd(1, ordering: .relaxed) }

    /// Counts one connection less.
    public func releaseLoad() { self.load.wrappingSubtract(1, ordering: .relaxed) }
}

/// Something that an event loop calls.
public protocol LoopWork: AnyObject {
    /// What it did last, say its protocol, for the report of slow callbacks; asked for after one.
    var workDescription: String? { get }
}

extension LoopWork {
    /// Nothing is said.
    public var workDescription: String? { nil }
}

/// Something that collects work during a tick, such as a connection's output, and does it at once at the tick's end.
public protocol TickParticipant: LoopWork {
    /// Does what was collected, on the loop.
    func endOfTick()
}
