internal import Bytes

/// A value of an event loop that other threads may carry, but not touch: `value` traps anywhere but on the loop.
///
/// The value is released by whoever drops the last copy, on any thread: its deinitialiser must allow that.
public struct LoopBound<Value>: Sendable {
    /// The loop that the value belongs to.
    public let loop: EventLoop
    private let bound: UncheckedSendable<Value>

    /// Binds a value to its loop: called on the loop, or with a value that nothing else touches any more.
    public init(_ value: Value, on loop: EventLoop) {
        self.loop = loop
        self.bound = UncheckedSendable(value)
    }

    /// The value. On the loop only.
    public var value: Value {
        self.loop.assertCurrent()
        return self.bound.value
    }
}
