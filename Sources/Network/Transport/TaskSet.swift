package import EventLoop
import Synchronization

/// The tasks that loop callbacks started, with the owner that ends them.
///
/// This is the project's only place that makes an unstructured task: its owner cancels and awaits what it began.
package final class TaskSet: Sendable {
    private let state = Mutex(State())
    /// The set that the current task, or the one that it is part of, belongs to.
    @TaskLocal private static var current: TaskSet?

    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isCancelled = false
        /// Tasks that ended before they were entered.
        var endedEarly: Set<UInt64> = []
    }

    package init() {}

    /// Runs `body` in a task of its own, on `loop` where one is given. After `cancel` nothing starts any more.
    package func add(on loop: EventLoop? = nil, _ body: @escaping @Sendable () async -> Void) {
        let id = self.state.withLock { state -> UInt64? in
            guard !state.isCancelled else { return nil }
            state.next += 1
            return state.next
        }
        guard let id else { return }
        let task = Task(executorPreference: loop?.taskExecutor) {
            await Self.$current.withValue(self, operation: body)
            self.ended(id)
        }
        let cancel = self.state.withLock { state -> Bool in
            if state.endedEarly.remove(id) == nil { state.tasks[id] = task }
            return state.isCancelled
        }
        if cancel { task.cancel() }
    }

    private func ended(_ id: UInt64) {
        self.state.withLock { state in
            if state.tasks.removeValue(forKey: id) == nil { state.endedEarly.insert(id) }
        }
    }

    package func cancel() {
        let tasks = self.state.withLock { state in
            state.isCancelled = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    /// Cancels the tasks and returns when they have ended; at once where one of them asks, which would wait for itself: a
    /// handler may close its own connection.
    package func cancelAndWait() async {
        self.cancel()
        guard Self.current !== self else { return }
        let tasks = self.state.withLock { Array($0.tasks.values) }
        for task in tasks { await task.value }
    }
}
