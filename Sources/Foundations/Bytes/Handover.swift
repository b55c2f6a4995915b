/// A value that any thread gives, once, to the task that waits for it: how callbacks answer async functions.
///
/// A continuation hands a value over too. But where that comes before the task waits, the runtime goes on without a word to
/// ThreadSanitizer (`swift_continuation_await`), which then reports whatever the value refers to as a race. It sees a lock.
package struct Handover<Value: Sendable>: Sendable {
    private let value: Locked<Value?>
    private let continuation: CheckedContinuation<Void, Never>

    fileprivate init(_ value: Locked<Value?>, _ continuation: CheckedContinuation<Void, Never>) {
        self.value = value
        self.continuation = continuation
    }

    /// Gives the value and wakes the task.
    package func give(_ value: Value) {
        self.value.withLock { $0 = value }
        self.continuation.resume()
    }
}

/// Waits for the value that `body` sees to it that somebody gives.
package func withHandover<Value: Sendable>(_ body: (Handover<Value>) -> Void) async -> Value {
    let value = Locked<Value?>(nil)
    await withCheckedContinuation { body(Handover(value, $0)) }
    guard let value = value.withLock({ $0.take() }) else { preconditionFailure("a task was woken without its value") }
    return value
}
