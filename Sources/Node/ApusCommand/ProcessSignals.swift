import Apus
import Foundation

/// The signals that ask the process to end, or to tell how it is.
///
/// They are watched from the start, on a loop of their own: a process with PID 1, as in a container, ignores a signal that
/// it does not handle.
struct ProcessSignals: Sendable {
    /// How long the process may take to end in order.
    static let grace: Duration = .milliseconds(2_700)

    private let loop: EventLoop
    private let requests: AsyncStream<SignalWatcher.Signal>
    /// One element for each SIGUSR1 that a command may wait for: a wish to know how the node is.
    let reportRequests: AsyncStream<Void>
    private let watch: LoopBound<SignalWatch>

    /// Watches SIGINT and SIGTERM, of which the first is for `first` and the second ends the process at once, and SIGUSR1.
    init() async throws {
        let loop = EventLoop(index: 0, options: EventLoopOptions(spinning: false))
        let (requests, continuation) = AsyncStream.makeStream(of: SignalWatcher.Signal.self)
        // Signals that come while a report is written are answered by one more.
        let (reports, reporting) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.loop = loop
        self.requests = requests
        self.reportRequests = reports
        self.watch = try await loop.perform { () throws(SocketError) in
            LoopBound(
                try SignalWatch(loop, onFirst: { continuation.yield($0) }, onUser: { reporting.yield() }), on: loop)
        }
    }

    /// The first request to end, or nil where the task is cancelled before.
    func first() async -> SignalWatcher.Signal? {
        for await signal in self.requests { return signal }
        return nil
    }

    /// Ends the watching.
    func stop() async {
        await self.loop.perform { self.watch.value.close() }
        await self.loop.stop()
    }
}

/// The watchers of one process, confined to their loop.
private final class SignalWatch {
    private let loop: EventLoop
    private let onFirst: (SignalWatcher.Signal) -> Void
    private var watchers: [SignalWatcher] = []
    private var deadline: LoopTimer?

    init(
        _ loop: EventLoop, onFirst: @escaping (SignalWatcher.Signal) -> Void, onUser: @escaping () -> Void
    ) throws(SocketError) {
        self.loop = loop
        self.onFirst = onFirst
        self.watchers.append(try SignalWatcher(loop, signal: .user1, handler: onUser))
        for signal in [SignalWatcher.Signal.interrupt, .terminate] {
            self.watchers.append(
                try SignalWatcher(loop, signal: signal) { [unowned self] in self.received(signal) })
        }
    }

    private func received(_ signal: SignalWatcher.Signal) {
        guard self.deadline == nil else { _exit(signal.exitCode) }
        let deadline = LoopTimer(self.loop) {
            ErrorOutput.line("ended by a signal without closing everything in order within \(ProcessSignals.grace)")
            _exit(signal.exitCode)
        }
        deadline.schedule(at: self.loop.now + ProcessSignals.grace)
        self.deadline = deadline
        self.onFirst(signal)
    }

    func close() {
        for watcher in self.watchers { watcher.close() }
        self.watchers = []
        self.deadline?.close()
    }
}

extension SignalWatcher.Signal {
    /// The exit code of a program that this signal ended: 128 and the signal's number.
    var exitCode: Int32 {
        switch self {
        case .interrupt: 128 + SIGINT
        case .terminate: 128 + SIGTERM
        case .user1: 128 + SIGUSR1
        }
    }
}
