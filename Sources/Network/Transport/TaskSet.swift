import Bytes
package import EventLoop

/// The tasks that loop callbacks started, with the owner that ends them.
///
/// This is the project's only place that makes an unstructured task: its owner cancels and awaits what it began.
package final class TaskSet: Sendable {
    private let state = Locked(State())

    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isCancelled = false
        /// Those who wait until no task is left.
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    /// Whether the current task is one of a set. If it is cancelled it must not wait for the end of what it may be part of:
    /// a stream's handler may shut down the node that would wait for the handler.
    @TaskLocal package static var currentIsMember = false

    package init() {}

    /// How many tasks have not ended.
    package var count: Int { self.state.withLock { $0.tasks.count } }

    /// Runs `body` in a task of its own, on `loop` where one is given, and answers its number. After `cancel` nothing starts
    /// any more: then this answers nil.
    @discardableResult
    package func add(on loop: EventLoop? = nil, _ body: @escaping @Sendable () async -> Void) -> UInt64? {
        // The task is made with the lock held, so that it cannot end before it is entered, nor be missed by who cancels.
        self.state.withLock { state in
            guard !state.isCancelled else { return nil }
            state.next += 1
            let id = state.next
            state.tasks[id] = Task(executorPreference: loop?.taskExecutor) {
                await Self.$currentIsMember.withValue(true) { await body() }
                self.ended(id)
            }
            return id
        }
    }

    private func ended(_ id: UInt64) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.tasks[id] = nil
            guard state.tasks.isEmpty else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Cancels one task.
    package func cancel(_ id: UInt64) {
        self.state.withLock { $0.tasks[id] }?.cancel()
    }

    package func cancel() {
        let tasks = self.state.withLock { state in
            state.isCancelled = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    /// Cancels the tasks and waits until they have ended. A caller that is one of a set's tasks itself waits only as long as
    /// it is not cancelled.
    package func cancelAndWait() async {
        self.cancel()
        let isMember = Self.currentIsMember
        let token = self.state.withLock { state -> UInt64 in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = self.state.withLock { state -> Bool in
                    if state.tasks.isEmpty || (isMember && Task.isCancelled) { return true }
                    state.waiters[token] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            guard isMember else { return }
            let waiter = self.state.withLock { $0.waiters.removeValue(forKey: token) }
            waiter?.resume()
        }
    }
}
