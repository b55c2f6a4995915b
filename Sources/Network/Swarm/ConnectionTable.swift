import Bytes
import PeerIdentity
import Transport

/// The connections that stand, by peer, in the order in which they came.
final class ConnectionTable: Sendable {
    private let state = Locked(State())

    private struct State {
        var connections: [PeerID: [Connection]] = [:]
        var count = 0
        /// Inbound connections that are not leaving.
        var stayingInbound = 0
        /// The numbers of those that were told to end and have not yet.
        var leaving: Set<UInt64> = []
        var isClosed = false
    }

    /// Enters a connection; false where the table takes no more.
    func insert(_ connection: Connection) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.connections[connection.remotePeer, default: []].append(connection)
            state.count += 1
            if connection.direction == .inbound { state.stayingInbound += 1 }
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
            if state.leaving.remove(connection.id) == nil, connection.direction == .inbound {
                state.stayingInbound -= 1
            }
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

    /// How many inbound connections stand that nobody told to end.
    var stayingInbound: Int { self.state.withLock { $0.stayingInbound } }

    /// The inbound connections that stand and that nobody told to end, oldest first.
    var allStayingInbound: [Connection] {
        self.state.withLock { state in
            state.connections.values.flatMap { $0 }
                .filter { $0.direction == .inbound && !state.leaving.contains($0.id) }
        }.sorted { $0.id < $1.id }
    }

    /// Notes that these are told to end, and returns those of them that have not ended meanwhile.
    func leave(_ connections: [Connection]) -> [Connection] {
        self.state.withLock { state in
            connections.filter { connection in
                guard state.connections[connection.remotePeer]?.contains(connection) == true,
                    state.leaving.insert(connection.id).inserted
                else { return false }
                if connection.direction == .inbound { state.stayingInbound -= 1 }
                return true
            }
        }
    }

    /// Takes no more connections, and returns those that stand.
    func close() -> [Connection] {
        self.state.withLock { state in
            state.isClosed = true
            return state.connections.values.flatMap { $0 }
        }
    }
}
