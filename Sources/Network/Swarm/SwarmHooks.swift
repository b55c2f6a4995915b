import Bytes
package import Transport

/// What the services of a node want to hear from its swarm, at once and on whatever thread it happens.
package final class SwarmHooks: Sendable {
    private let state = Locked(State())

    /// Each list is replaced and never grown in place: who calls the hooks still reads the former one, and the race detector
    /// does not see that its reference count keeps it apart.
    private struct State {
        var connected: [@Sendable (Connection) -> Void] = []
        var disconnected: [@Sendable (Connection) -> Void] = []
        var changed: [@Sendable () -> Void] = []
    }

    init() {}

    /// Calls `body` for each connection that comes to stand.
    package func onConnected(_ body: @escaping @Sendable (Connection) -> Void) {
        self.state.withLock { $0.connected = $0.connected + [body] }
    }

    /// Calls `body` for each connection that ended.
    package func onDisconnected(_ body: @escaping @Sendable (Connection) -> Void) {
        self.state.withLock { $0.disconnected = $0.disconnected + [body] }
    }

    /// Calls `body` when the protocols or the addresses of the node change.
    package func onChanged(_ body: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.changed = $0.changed + [body] }
    }

    func connected(_ connection: Connection) {
        for hook in self.state.withLock({ $0.connected }) { hook(connection) }
    }

    func disconnected(_ connection: Connection) {
        for hook in self.state.withLock({ $0.disconnected }) { hook(connection) }
    }

    func protocolsChanged() {
        for hook in self.state.withLock({ $0.changed }) { hook() }
    }
}
