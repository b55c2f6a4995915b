import Bytes
import PeerIdentity
import Transport

/// The connections that stand, by peer, in the order in which they came.
final class ConnectionTable: Sendable {
    private let state = Locked(State())

    private struct State {
        var connections: [PeerID: [Connection]] = [:]
        var count = 0
        var isClosed = false
    }

    /// Enters a connection; false where the table takes no more.
    func insert(_ connection: Connection) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.connections[connection.remotePeer, default: []].append(connection)
            state.count += 1
            return true
        }
    }

    /// Takes a connection out; false where it was not in the table.
    func remove(_ connection: Connection) -> Bool {
        self.state.withLock { state in
            guard var connections = state.connections[connection.remotePeer],
                let index = connections.firstIndex(of: connection)
            else { return false }
            connections.remove(at: index)
            state.count -= 1
            state.connections[connection.remotePeer] = connections.isEmpty ? nil : connections
            return true
        }
    }

    func connections(to peer: PeerID) -> [Connection] {
        self.state.withLock { $0.connections[peer] ?? [] }
    }

    var all: [Connection] {
        self.state.withLock { $0.connections.values.flatMap { $0 } }.sorted { $0.id < $1.id }
    }

    /// How many connections stand.
    var count: Int { self.state.withLock { $0.count } }

    /// Takes no more connections, and returns those that stand.
    func close() -> [Connection] {
        self.state.withLock { state in
            state.isClosed = true
            return state.connections.values.flatMap { $0 }
        }
    }
}
