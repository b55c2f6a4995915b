/// Runs the steps of tasks on an event loop: `Task(executorPreference: loop.taskExecutor)`.
///
/// Task and serial executor are two objects, each running its own kind of job: one object for both made each message cost
/// four jobs.
public final class LoopTaskExecutor: TaskExecutor {
    private let engine: LoopEngine

    init(engine: LoopEngine) { self.engine = engine }

    /// Queues one step of a task; the runtime calls this.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !self.engine.enqueue(.task(job)) { self.enqueueLate(job) }
    }

    func enqueueLate(_ job: UnownedJob) {
        self.engine.enqueueLate { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Runs an actor on an event loop: its `unownedExecutor` is `loop.serialExecutor.asUnownedSerialExecutor()`.
///
/// `assumeIsolated` works from the loop's callbacks. The actor keeps the loop, and so its executor, alive.
public final class LoopSerialExecutor: SerialExecutor {
    private let engine: LoopEngine

    init(engine: LoopEngine) { self.engine = engine }

    /// Queues one step of an actor; the runtime calls this.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if !self.engine.enqueue(.actor(job)) { self.enqueueLate(job) }
    }

    func enqueueLate(_ job: UnownedJob) {
        self.engine.enqueueLate { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Traps unless the caller runs on the loop's thread; the runtime calls this for `assumeIsolated`.
    public func checkIsolated() {
        precondition(self.engine.isCurrent, "only the event loop's own thread may do this")
    }

    /// Whether the caller runs on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        self.engine.isCurrent
    }
}
