internal import Bytes
internal import Multiformats

/// One look-up of a name, confined to its loop, from the call until its caller has an answer.
final class NameQuery {
    enum Kind {
        case addresses(NameResolver.AddressFamily)
        case texts
    }

    enum Answer: Sendable {
        case addresses([IPAddress])
        case texts([String])
    }

    let name: String
    let kind: Kind
    let timeout: Duration
    let asker: NameAsker?
    private var caller: Handover<Result<Answer, NameError>>?
    private var result: Result<Answer, NameError>?
    private var timer: LoopTimer?
    private var beginning = Instant.zero

    init(name: String, kind: Kind, timeout: Duration, asker: NameAsker?) {
        self.name = name
        self.kind = kind
        self.timeout = timeout
        self.asker = asker
    }

    /// Nobody waits for the answer any more.
    var isFinished: Bool { self.result != nil }

    /// Begins to wait, for at most `timeout`; a query that was cancelled before answers at once.
    func begin(
        on loop: EventLoop, _ caller: Handover<Result<Answer, NameError>>,
        giveUp: @escaping (NameError) -> Void
    ) {
        if let result = self.result {
            caller.give(result)
            return
        }
        self.caller = caller
        self.beginning = loop.now
        let timer = LoopTimer(loop, whenLoopEnds: { giveUp(.cancelled) }) {
            [name = self.name, timeout = self.timeout] in
            giveUp(.timedOut(name, after: timeout))
        }
        timer.schedule(at: loop.now + self.timeout)
        self.timer = timer
    }

    /// How long somebody has waited, in whole milliseconds.
    var elapsed: Duration {
        .milliseconds((EventLoop.monotonicNow() - self.beginning).saturatingNanoseconds / 1_000_000)
    }

    /// Gives the answer to whoever waits; later ones are dropped.
    func finish(_ result: Result<Answer, NameError>) {
        guard self.result == nil else { return }
        self.result = result
        self.timer?.close()
        self.timer = nil
        self.caller?.give(result)
        self.caller = nil
    }
}
