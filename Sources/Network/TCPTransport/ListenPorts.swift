import Bytes
import EventLoop
import Multiformats

/// The addresses that a transport listens on, from which outgoing connections may leave.
final class ListenPorts: Sendable {
    private let state = Locked(State())

    private struct State {
        var listeners: [(id: Int, address: SocketAddress)] = []
        var nextID = 0
    }

    /// Enters the address of a listener and returns the number to remove it by.
    func add(_ address: SocketAddress) -> Int {
        self.state.withLock { state in
            state.nextID += 1
            state.listeners.append((state.nextID, address))
            return state.nextID
        }
    }

    func remove(_ id: Int) {
        self.state.withLock { state in state.listeners.removeAll { $0.id == id } }
    }

    /// The address of a listener from which `target` can be reached, or nil where none fits: the system then chooses.
    ///
    /// A loopback listener reaches this host alone. A listener on another address fits where the system would have chosen
    /// that address, too: packets with any other source may never be answered. One on the wildcard fits everywhere.
    func source(toReach target: SocketAddress) -> SocketAddress? {
        let listeners = self.state.withLock { $0.listeners.map(\.address) }.filter { $0.family == target.family }
        guard !listeners.isEmpty, let ip = target.ip else { return nil }
        let wildcard = listeners.first { $0.ip?.isUnspecified == true }
        // To connect to the wildcard address means this host.
        if ip.isLoopback || ip.isUnspecified {
            return listeners.first { $0.ip?.isLoopback == true } ?? wildcard
        }
        let specific = listeners.filter { $0.ip?.isLoopback == false && $0.ip?.isUnspecified == false }
        if !specific.isEmpty, let source = target.sourceToReach,
            let listener = specific.first(where: { $0.ip == source })
        {
            return listener
        }
        return wildcard
    }
}
