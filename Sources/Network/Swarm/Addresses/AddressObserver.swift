import Bytes
import EventLoop
import Multiformats
import Transport

/// Keeps `ObservedAddresses` for a swarm, and tells when an address is believed or is no longer.
///
/// It may be used from any thread.
final class AddressObserver: Sendable {
    /// What became of addresses that are believed.
    struct Change: Sendable {
        let confirmed: [Multiaddr]
        let expired: [Multiaddr]
        var isEmpty: Bool { self.confirmed.isEmpty && self.expired.isEmpty }
    }

    private struct State {
        var observed: ObservedAddresses
        var alarm: (deadline: Instant, timer: LoopDeadline)?
        var isClosed = false
    }

    private let state: Locked<State>
    private let loop: EventLoop
    private let onChange: @Sendable (Change) -> Void

    /// `onChange` is called on any thread.
    init(
        _ configuration: ObservedAddressConfiguration, on loop: EventLoop,
        onChange: @escaping @Sendable (Change) -> Void
    ) {
        self.state = Locked(State(observed: ObservedAddresses(configuration)))
        self.loop = loop
        self.onChange = onChange
    }

    /// The addresses that are believed now.
    var confirmed: [Multiaddr] { self.state.withLock { $0.observed.confirmed } }

    /// Takes the word of a connection's peer. It counts where the connection's own end is a socket that listens, so that the
    /// port is one at which others find this node: of what was dialled, only what left from a port that is listened on. Behind a
    /// proxy it is the proxy that is seen.
    func observe(_ observed: Multiaddr, over connection: Connection, listeners: [Multiaddr]) {
        guard connection.route != .proxied, let observer = connection.remoteAddress.ipAddress,
            !connection.remoteAddress.isCircuit,
            let listener = Self.listener(of: connection.localAddress, among: listeners)
        else { return }
        self.change { state, now in
            state.keep(listeners)
            state.observe(observed, at: listener, by: observer, over: connection.id, now: now)
        }
        // It may have ended before its word was taken.
        if connection.closeReason != nil { self.disconnected(connection) }
    }

    func disconnected(_ connection: Connection) {
        self.change { $0.disconnected(connection.id, now: $1) }
    }

    /// Ends the timer.
    func close() {
        let alarm = self.state.withLock { state in
            state.isClosed = true
            defer { state.alarm = nil }
            return state.alarm
        }
        alarm?.timer.cancel()
    }

    /// The listener that the end of a connection belongs to: that of its address, or of the wildcard with its port.
    static func listener(of local: Multiaddr, among listeners: [Multiaddr]) -> Multiaddr? {
        guard let end = local.endpoint, case .ip(let ip, _) = end.host else { return nil }
        let fitting = listeners.filter { listener in
            guard let own = listener.endpoint, case .ip(let address, _) = own.host else { return false }
            guard own.transport == end.transport, own.port == end.port else { return false }
            return address == ip || (address.isUnspecified && address.octets.count == ip.octets.count)
        }
        return fitting.first { $0.ipAddress == ip } ?? fitting.first
    }

    private func change(_ body: (inout ObservedAddresses, Instant) -> Void) {
        let now = EventLoop.monotonicNow()
        let (change, former) = self.state.withLock { state -> (Change, LoopDeadline?) in
            let before = state.observed.confirmed
            state.observed.expire(now: now)
            body(&state.observed, now)
            let after = state.observed.confirmed
            let change = Change(
                confirmed: after.filter { !before.contains($0) }, expired: before.filter { !after.contains($0) })
            return (change, self.rearm(&state))
        }
        former?.cancel()
        if !change.isEmpty { self.onChange(change) }
    }

    /// Sets the alarm to the next deadline, and answers the one that it replaces.
    private func rearm(_ state: inout State) -> LoopDeadline? {
        let deadline = state.isClosed ? nil : state.observed.nextDeadline
        guard deadline != state.alarm?.deadline else { return nil }
        let former = state.alarm?.timer
        state.alarm = deadline.map { deadline in
            (deadline, LoopDeadline(on: self.loop, at: deadline) { [weak self] in self?.change { _, _ in } })
        }
        return former
    }
}
