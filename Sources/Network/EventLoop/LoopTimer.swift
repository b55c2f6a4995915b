public import Bytes
internal import CUV

/// A timer of an event loop, confined to it: it fires once at the instant it was last scheduled for.
///
/// It fires never early, and up to about a millisecond late. It may be dropped on any thread, which closes it.
public final class LoopTimer {
    private let loop: EventLoop
    private let timer: TimerHandle

    /// Makes a timer that calls `handler` on the loop. On the loop only.
    public init(_ loop: EventLoop, handler: @escaping () -> Void) {
        self.loop = loop
        self.timer = TimerHandle(core: loop.engine.current, whenLoopEnds: nil, handler: handler)
    }

    /// A timer somebody waits for: instead of being closed in silence it tells when the loop ends before it fires.
    package init(_ loop: EventLoop, whenLoopEnds: @escaping () -> Void, handler: @escaping () -> Void) {
        self.loop = loop
        self.timer = TimerHandle(core: loop.engine.current, whenLoopEnds: whenLoopEnds, handler: handler)
    }

    deinit { LoopHandle.abandon(self.timer, on: self.loop) }

    /// When the timer will fire, or nil.
    public var deadline: Instant? { self.timer.deadline }

    /// Lets the timer fire at `instant` and at no earlier set time; at once, though not before this returns, if it is past.
    public func schedule(at instant: Instant) {
        self.timer.schedule(at: instant)
    }

    /// Keeps the timer from firing until it is scheduled again.
    public func cancel() {
        self.timer.cancel()
    }

    /// Ends the timer and lets go of its handler.
    public func close() {
        self.timer.close()
    }
}

private final class TimerHandle: LoopHandle {
    private(set) var deadline: Instant?
    private var handler: (() -> Void)?
    private var whenLoopEnds: (() -> Void)?

    init(core: LoopCore, whenLoopEnds: (() -> Void)?, handler: @escaping () -> Void) {
        self.handler = handler
        self.whenLoopEnds = whenLoopEnds
        super.init(kind: "timer", type: UV_TIMER, core: core)
        guard !core.isEnded else { return }
        uv_timer_init(core.uv, self.pointer)
        self.opened()
    }

    private var pointer: UnsafeMutablePointer<uv_timer_t> { self.memory.assumingMemoryBound(to: uv_timer_t.self) }

    func schedule(at instant: Instant) {
        guard !self.isClosed, self.deadline != instant else { return }
        self.deadline = instant
        // libuv counts whole milliseconds of the same clock, so the deadline is rounded up, and it counts from the time it
        // last looked at the clock, which is what `uv_now` answers.
        let (whole, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let milliseconds = UInt64(max(0, rest > 0 ? whole + 1 : whole))
        let now = uv_now(self.core.uv)
        uv_timer_start(
            self.pointer,
            { pointer in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<TimerHandle>.fromOpaque(data).takeUnretainedValue().fired()
            }, milliseconds > now ? milliseconds - now : 0, 0)
    }

    func cancel() {
        guard !self.isClosed, self.deadline != nil else { return }
        self.deadline = nil
        uv_timer_stop(self.pointer)
    }

    private func fired() {
        guard let handler = self.handler, let deadline = self.deadline else { return }
        let core = self.core
        self.deadline = nil
        core.timerFired(deadline: deadline)
        handler()
        core.callbackEnded()
    }

    override func released() {
        self.deadline = nil
        self.handler = nil
        self.whenLoopEnds = nil
    }

    override func loopEnded() {
        guard let whenLoopEnds = self.whenLoopEnds else { return }
        self.close()
        whenLoopEnds()
    }
}
