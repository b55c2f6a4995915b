internal import CUV

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Calls a closure on an event loop when the process receives a signal; the signal then has no other effect.
///
/// It is confined to its loop, except that it may be dropped on any thread, which closes it.
public final class SignalWatcher {
    /// The signals that a program waits for.
    public enum Signal: Sendable, CaseIterable {
        /// SIGINT: Ctrl-C.
        case interrupt
        /// SIGTERM: a request to end.
        case terminate
        /// SIGUSR1: free for the program.
        case user1

        var number: Int32 {
            switch self {
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            case .user1: SIGUSR1
            }
        }
    }

    private let loop: EventLoop
    private let signal: SignalHandle

    /// Calls `handler` on the loop each time `signal` arrives. On the loop only.
    public init(_ loop: EventLoop, signal: Signal, handler: @escaping () -> Void) throws(SocketError) {
        self.loop = loop
        self.signal = try SignalHandle(core: loop.engine.current, number: signal.number, handler: handler)
    }

    deinit { LoopHandle.abandon(self.signal, on: self.loop) }

    /// Ends the callbacks; without another watcher the signal has its usual effect again.
    public func close() {
        self.signal.close()
    }
}

private final class SignalHandle: LoopHandle {
    private var handler: (() -> Void)?

    init(core: LoopCore, number: Int32, handler: @escaping () -> Void) throws(SocketError) {
        self.handler = handler
        super.init(kind: "signal watcher", type: UV_SIGNAL, core: core)
        guard !core.isEnded else { throw SocketError(operation: .watchSignal, code: -UV_ECANCELED.rawValue) }
        let pointer = self.memory.assumingMemoryBound(to: uv_signal_t.self)
        uv_signal_init(core.uv, pointer)
        self.opened()
        let code = uv_signal_start(
            pointer,
            { pointer, _ in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<SignalHandle>.fromOpaque(data).takeUnretainedValue().arrived()
            }, number)
        guard code == 0 else {
            self.close()
            throw SocketError(operation: .watchSignal, code: -code)
        }
    }

    private func arrived() {
        guard let handler = self.handler else { return }
        let core = self.core
        core.callbackBegan()
        handler()
        core.callbackEnded()
    }

    override func released() {
        self.handler = nil
    }
}
