internal import Bytes
internal import CUV
internal import Synchronization
internal import Telemetry

/// The part of an event loop that all threads share: who its thread is, and a mailbox of jobs.
///
/// It is apart from `EventLoop` so that the executors can outlive the loop that they belong to.
final class LoopEngine: Sendable {
    private struct Mailbox: Sendable {
        var jobs = LoopJobQueue()
        /// The loop sleeps, or is about to: whoever brings a job must wake it.
        var isSleeping = false
        var isStopping = false
        /// The loop is gone and takes no more jobs: what comes now is late, and a closure.
        var isEnded = false
        /// Somebody runs the late jobs, or is about to.
        var isRunningLateJobs = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let core: UncheckedSendable<LoopCore>
    private let wakeUp: UncheckedSendable<UnsafeMutablePointer<uv_async_t>>
    private let owner = Atomic<UInt>(0)
    private let mailbox = Locked(Mailbox())
    /// Written with the mailbox's lock held, read without it: spares the lock where nothing came.
    private let mail = Atomic<Bool>(false)

    init(options: EventLoopOptions) {
        let core = LoopCore(options: options)
        self.core = UncheckedSendable(core)
        self.wakeUp = UncheckedSendable(core.open())
    }

    // MARK: The loop's thread

    var isCurrent: Bool { self.owner.load(ordering: .relaxed) == LoopThread.current }

    /// The state of the loop's thread, which alone may ask for it.
    var current: LoopCore {
        precondition(self.isCurrent, "only the event loop's own thread may do this")
        return self.core.value
    }

    /// Runs the loop on the calling thread until it was stopped.
    func run(task: LoopTaskExecutor, actor: LoopSerialExecutor) {
        self.owner.store(LoopThread.current, ordering: .relaxed)
        let core = self.core.value
        core.run(engine: self, task: task.asUnownedTaskExecutor(), actor: actor.asUnownedSerialExecutor())
        var rest = self.mailbox.withLock { mailbox in
            mailbox.isEnded = true
            mailbox.isRunningLateJobs = true
            let rest = mailbox.jobs
            mailbox.jobs = LoopJobQueue()
            return rest
        }
        let forgotten = core.close()
        if !forgotten.isEmpty {
            let kinds = forgotten.joined(separator: ", ")
            Log("eventloop").warning("an event loop ended with handles that nobody closed", ["handles": kinds])
        }
        while let job = core.queue.popFirst() ?? rest.popFirst() {
            switch job {
            case .closure(let closure): self.enqueueLate(closure)
            case .task(let job): task.enqueueLate(job)
            case .actor(let job): actor.enqueueLate(job)
            }
        }
        self.owner.store(0, ordering: .relaxed)
        let (waiting, hasLateJobs) = self.mailbox.withLock { mailbox in
            mailbox.isRunningLateJobs = !mailbox.jobs.isEmpty
            defer { mailbox.waitingForEnd = [] }
            return (mailbox.waitingForEnd, mailbox.isRunningLateJobs)
        }
        if hasLateJobs { self.startLateThread() }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Jobs

    /// Queues a job, or answers false where the loop has ended.
    func enqueue(_ job: LoopJob) -> Bool {
        if self.isCurrent {
            let core = self.core.value
            guard !core.isEnded else { return false }
            core.queue.append(job)
            return true
        }
        return self.mailbox.withLock { mailbox in
            guard !mailbox.isEnded else { return false }
            mailbox.jobs.append(job)
            self.mailArrived(&mailbox)
            return true
        }
    }

    /// The lock is held while the loop is woken, so that a loop that ends cannot take the wake-up's memory away.
    private func mailArrived(_ mailbox: inout Mailbox) {
        self.mail.store(true, ordering: .releasing)
        guard mailbox.isSleeping else { return }
        mailbox.isSleeping = false
        uv_async_send(self.wakeUp.value)
    }

    var hasMail: Bool { self.mail.load(ordering: .acquiring) }

    /// Moves what other threads brought into the loop's own queue; answers whether the loop is to stop.
    func takeMail(into queue: inout LoopJobQueue) -> Bool {
        guard self.hasMail else { return false }
        return self.mailbox.withLock { mailbox in
            self.mail.store(false, ordering: .relaxed)
            if queue.isEmpty {
                swap(&queue, &mailbox.jobs)
            } else {
                while let job = mailbox.jobs.popFirst() { queue.append(job) }
            }
            return mailbox.isStopping
        }
    }

    /// Answers false where mail came in the last moment.
    func prepareToSleep() -> Bool {
        self.mailbox.withLock { mailbox in
            guard !self.hasMail else { return false }
            mailbox.isSleeping = true
            return true
        }
    }

    func awoke() {
        self.mailbox.withLock { $0.isSleeping = false }
    }

    // MARK: End

    /// Whether the loop takes no more jobs, though it may be about to close its handles.
    var hasEnded: Bool { self.mailbox.withLock { $0.isEnded } }

    /// Stops the loop, and resumes `continuation` when its thread is about to end.
    func stop(_ continuation: CheckedContinuation<Void, Never>) {
        let hasEnded = self.mailbox.withLock { mailbox in
            guard !mailbox.isEnded || mailbox.isRunningLateJobs else { return true }
            mailbox.waitingForEnd.append(continuation)
            mailbox.isStopping = true
            self.mailArrived(&mailbox)
            return false
        }
        if hasEnded { continuation.resume() }
    }

    /// Runs a job that came after the end. A task or an actor whose jobs were dropped would hang, and whoever waits for
    /// it; so late jobs still run in order, one at a time, on a thread that lives as long as there are some.
    func enqueueLate(_ closure: @escaping @Sendable () -> Void) {
        let mustStart = self.mailbox.withLock { mailbox in
            mailbox.jobs.append(.closure(closure))
            defer { mailbox.isRunningLateJobs = true }
            return !mailbox.isRunningLateJobs
        }
        if mustStart { self.startLateThread() }
    }

    private func startLateThread() {
        LoopThread.start(name: "apus-loop-late") {
            while let job = self.nextLateJob() {
                if case .closure(let closure) = job { closure() }
            }
        }.detach()
    }

    private func nextLateJob() -> LoopJob? {
        self.mailbox.withLock { mailbox in
            let job = mailbox.jobs.popFirst()
            mailbox.isRunningLateJobs = job != nil
            self.owner.store(job != nil ? LoopThread.current : 0, ordering: .relaxed)
            return job
        }
    }
}
