import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Transport

/// One dial: its race, and those who wait for its outcome.
///
/// It may be used from any thread. The outcome is decided under the same lock that addresses and waiters enter by: whoever
/// comes later is turned away, and begins a dial of its own.
final class Dial: Sendable {
    typealias Outcome = Result<Connection, any Error>

    /// What became of a connection that an address led to.
    enum Entry {
        /// It is the dial's outcome.
        case won
        /// The dial was decided before.
        case late
        /// It ended as soon as it stood.
        case ended
    }

    private struct State {
        var race: DialRace
        var waiters: [UInt64: PendingResult<Connection>] = [:]
        var lastWaiter: UInt64 = 0
        /// A connection is being entered, and will be the outcome unless it has ended.
        var isClaimed = false
        var outcome: Outcome?
    }

    /// Who is to be reached; nil for whoever answers.
    let peer: PeerID?
    /// Its share of the look-ups of names.
    let asker = NameAsker()
    /// Tells whoever runs the dial to look for the next steps; ends with the dial.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    private let state: Locked<State>
    private let gate: DialGate

    /// A dial of `peer` over `transports`, of which some may dial names that are not looked up.
    init(
        peer: PeerID?, _ configuration: SwarmConfiguration, _ gate: DialGate, transports: [any Transport] = []
    ) {
        self.peer = peer
        self.gate = gate
        (self.changes, self.changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let race = DialRace(
            peer: peer, atOnce: configuration.concurrentDials, inAll: configuration.dialledAddresses
        ) { address in transports.contains { $0.dialsNames(in: address) } }
        self.state = Locked(State(race: race))
    }

    var outcome: Outcome? { self.state.withLock { $0.outcome } }

    /// The error of whoever waited for so long: it tells how far each address has come.
    func timeout(after time: Duration) -> DialError {
        let attempts = self.state.withLock { $0.race.attempts(now: EventLoop.monotonicNow()) }
        return DialError(peer: self.peer, attempts: attempts, reason: "no connection stood within \(time)")
    }

    // MARK: The race

    /// Begins with the addresses that were added; without any, this is the end.
    func begin() {
        self.advance { _ in }
    }

    /// Adds addresses, before the dial begins or while it is under way.
    func add(_ addresses: [Multiaddr], from origin: DialOrigin) {
        self.state.withLock { state in
            if state.outcome == nil { state.race.add(addresses, from: origin, now: EventLoop.monotonicNow()) }
        }
        self.changed.yield()
    }

    /// Adds the addresses that were known before; other peers told of those in `heard`.
    func addKnown(_ addresses: [Multiaddr], heard: Set<Multiaddr>) {
        self.state.withLock { state in
            if state.outcome == nil { state.race.addKnown(addresses, heard: heard, now: EventLoop.monotonicNow()) }
        }
        self.changed.yield()
    }

    /// Adds what a name led to.
    func found(_ addresses: [Multiaddr], by name: Multiaddr) {
        self.state.withLock { state in
            if state.outcome == nil { state.race.found(addresses, by: name, now: EventLoop.monotonicNow()) }
        }
        self.changed.yield()
    }

    /// What to begin now; nil where something must end first, its time has not come, or the dial is decided.
    func nextStep() -> DialRace.Step? {
        let now = EventLoop.monotonicNow()
        let step = self.state.withLock { state -> DialRace.Step? in
            guard state.outcome == nil else { return nil }
            let isPublic = state.race.isPublic
            return state.race.nextStep(now: now) { address, origin in
                self.gate.refusal(of: address, from: origin, of: self.peer, isPublic: isPublic, now: now)
            }
        }
        // What was left to try may all have been refused.
        if step == nil { self.endIfOver() }
        return step
    }

    /// When to look for the next step although nothing has changed; nil where something must end first.
    var nextDeadline: Instant? { self.state.withLock { $0.outcome == nil ? $0.race.nextDeadline : nil } }

    /// Tells whoever runs the dial that the time of its deadline has come.
    func wake() { self.changed.yield() }

    /// Whether somebody waits for just this address.
    func isExplicit(_ address: Multiaddr) -> Bool {
        self.state.withLock { $0.race.origin(of: address) == .explicit }
    }

    func resolved(_ address: Multiaddr, failures: [ResolvedAddresses.Failure]) {
        self.advance { $0.resolved(address, failures: failures, now: EventLoop.monotonicNow()) }
    }

    func failed(_ step: DialRace.Step, _ error: any Error) {
        self.advance { $0.failed(step, error, now: EventLoop.monotonicNow()) }
    }

    /// Makes `connection` the outcome where it is the first, and `enter` could enter it.
    func offer(_ connection: Connection, enter: (Connection) -> Bool) -> Entry {
        let isFirst = self.state.withLock { state in
            guard state.outcome == nil, !state.isClaimed else { return false }
            state.isClaimed = true
            return true
        }
        guard isFirst else { return .late }
        guard enter(connection) else {
            self.state.withLock { $0.isClaimed = false }
            return .ended
        }
        self.finish(.success(connection))
        return .won
    }

    private func advance(_ change: (inout DialRace) -> Void) {
        self.state.withLock { change(&$0.race) }
        self.endIfOver()
        self.changed.yield()
    }

    private func endIfOver() {
        self.settle { state in
            guard state.race.isOver else { return nil }
            let failures = state.race.failures
            let reason = failures.isEmpty ? "no address of the peer is known" : nil
            return .failure(DialError(peer: self.peer, attempts: failures, reason: reason))
        }
    }

    // MARK: Those who wait

    /// Enters one more who waits for the outcome; nil where it is decided.
    func join() -> Waiter? {
        self.state.withLock { state in
            guard state.outcome == nil else { return nil }
            state.lastWaiter += 1
            let result = PendingResult<Connection>()
            state.waiters[state.lastWaiter] = result
            return Waiter(dial: self, id: state.lastWaiter, result: result)
        }
    }

    /// The dial ends with the last who waits for it.
    private func leave(_ id: UInt64) {
        self.settle { state in
            guard state.waiters.removeValue(forKey: id) != nil, state.waiters.isEmpty else { return nil }
            return .failure(CancellationError())
        }
    }

    /// Decides the dial, unless it is.
    func finish(_ outcome: Outcome) {
        self.settle { _ in outcome }
    }

    /// Tells the outcome that `decide` may come to, to those who wait; a dial that is decided stays so.
    private func settle(_ decide: (inout State) -> Outcome?) {
        let decided = self.state.withLock { state -> (Outcome, [UInt64: PendingResult<Connection>])? in
            guard state.outcome == nil, let outcome = decide(&state) else { return nil }
            state.outcome = outcome
            defer { state.waiters = [:] }
            return (outcome, state.waiters)
        }
        guard let (outcome, waiters) = decided else { return }
        self.changed.finish()
        for waiter in waiters.values { waiter.finish(outcome) }
    }

    /// Somebody's place at a dial.
    struct Waiter: Sendable {
        let dial: Dial
        fileprivate let id: UInt64
        fileprivate let result: PendingResult<Connection>

        /// Waits for the outcome for at most `time`, which `loop` keeps, or until the task is cancelled. It must be called,
        /// and once.
        func connection(within time: Duration, on loop: EventLoop) async throws -> Connection {
            let deadline = LoopDeadline(on: loop, at: EventLoop.monotonicNow() + time) { [dial, id, result] in
                guard Defence.dialTimeout.isOn else { return }
                result.finish(.failure(dial.timeout(after: time)))
                dial.leave(id)
            }
            defer { deadline.cancel() }
            return try await self.result.wait(onCancel: { [dial, id] in dial.leave(id) })
        }
    }
}
