import Bytes
import PeerIdentity
import Transport

/// The connections that stand, by peer, in the order in which they came.
final class ConnectionTable: Sendable {
    private let state = Locked(State())

    private struct State {
        var connections: [PeerID: [Connection]] = [:]
        /// Those that are not leaving.
        var staying = Staying()
        /// The numbers of those that were told to end to have fewer, and have not ended yet.
        var leaving: Set<UInt64> = []
        var isClosed = false
    }

    /// How many connections stand that are not told to end.
    struct Staying {
        var inbound = 0
        var outbound = 0

        fileprivate mutating func add(_ number: Int, _ direction: Direction) {
            switch direction {
            case .inbound: self.inbound += number
            case .outbound: self.outbound += number
            }
        }
    }

    /// Enters a connection; false where the table takes no more.
    func insert(_ connection: Connection) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.connections[connection.remotePeer, default: []].append(connection)
            state.staying.add(1, connection.direction)
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
            if state.leaving.remove(connection.id) == nil { state.staying.add(-1, connection.direction) }
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
    var count: Int {
        self.state.withLock { $0.staying.inbound + $0.staying.outbound + $0.leaving.count }
    }

    /// How many connections stand that `leave` was not called for.
    var staying: Staying { self.state.withLock { $0.staying } }

    /// The connections that stand and that `leave` was not called for, oldest first.
    var allStaying: [Connection] {
        self.state.withLock { state in
            state.connections.values.flatMap { $0 }.filter { !state.leaving.contains($0.id) }
        }.sorted { $0.id < $1.id }
    }

    /// Notes that these are told to end, and returns those of them that stand and were not told before.
    func leave(_ connections: [Connection]) -> [Connection] {
        self.state.withLock { state in
            connections.filter { connection in
                guard state.connections[connection.remotePeer]?.contains(connection) == true,
                    state.leaving.insert(connection.id).inserted
                else { return false }
                state.staying.add(-1, connection.direction)
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
