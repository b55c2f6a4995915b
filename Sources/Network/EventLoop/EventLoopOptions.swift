internal import Telemetry

/// How an event loop behaves.
public struct EventLoopOptions: Sendable {
    /// What the loop's thread is called; its index follows. The system shows 15 bytes.
    public var name: String
    /// Whether a busy loop polls on for a moment before it sleeps (see `SpinPolicy`).
    public var spinning: Bool
    /// How long a callback or a job may hold the loop before it is counted and reported.
    public var slowCallbackThreshold: Duration
    /// Called on the loop after a callback or a job that held it for longer than `slowCallbackThreshold`, with the
    /// label that its owner set (`EventLoop.currentLabel`) and how long it took.
    public var onSlowCallback: SlowCallbackReport

    /// Receives the label of what held the loop, and for how long.
    public typealias SlowCallbackReport = @Sendable (_ label: String, _ duration: Duration) -> Void

    /// The defaults: spinning, 100 ms, and a line in the log.
    public init(
        name: String = "apus-loop", spinning: Bool = true,
        slowCallbackThreshold: Duration = .milliseconds(100),
        onSlowCallback: @escaping SlowCallbackReport = EventLoopOptions.logSlowCallback
    ) {
        self.name = name
        self.spinning = spinning
        self.slowCallbackThreshold = slowCallbackThreshold
        self.onSlowCallback = onSlowCallback
    }

    /// Writes a warning into the log.
    public static let logSlowCallback: SlowCallbackReport = { label, duration in
        Log("eventloop").warning("a callback held its loop", ["what": label, "duration": duration])
    }
}
