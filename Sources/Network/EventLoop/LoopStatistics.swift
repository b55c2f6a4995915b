/// What an event loop counted since it started.
public struct LoopStatistics: Hashable, Sendable {
    /// Rounds of callbacks, jobs and end-of-tick work.
    public internal(set) var ticks = 0
    /// Jobs run: closures, and steps of tasks and actors.
    public internal(set) var jobs = 0
    /// Callbacks of sockets, timers and signals.
    public internal(set) var callbacks = 0
    /// Times that the loop polled on before it would have slept.
    public internal(set) var spins = 0
    /// Times that the loop slept until something happened.
    public internal(set) var sleeps = 0
    /// Callbacks and jobs that held the loop for longer than the threshold of its options.
    public internal(set) var slowCallbacks = 0
    /// The longest time that one callback or job held the loop, to the few milliseconds that the coarse clock resolves.
    public internal(set) var longestCallback: Duration = .zero
}
