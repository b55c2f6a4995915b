import Bytes
import EventLoop
import Transport

/// The listeners that memory transports of one process find each other by: those with the same network see each other.
public final class MemoryNetwork: Sendable {
    /// Somebody who listens on a number.
    struct Listener: Sendable {
        let id: Int
        let loop: EventLoop
        let loops: EventLoopGroup
        let accept: @Sendable (RawLink) -> Void
    }

    private struct State {
        var listeners: [UInt64: Listener] = [:]
        var lastNumber: UInt64 = 0
        var lastID = 0
    }

    private let state = Locked(State())

    /// A network where nobody listens yet.
    public init() {}

    /// Enters a listener on `number`, or on a free one where it is 0; nil where somebody has it already.
    func listen(
        on number: UInt64, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) -> (number: UInt64, id: Int)? {
        self.state.withLock { state in
            let number = number == 0 ? Self.freeNumber(&state) : number
            guard state.listeners[number] == nil else { return nil }
            state.lastID += 1
            state.listeners[number] = Listener(id: state.lastID, loop: loops.next(), loops: loops, accept: accept)
            return (number, state.lastID)
        }
    }

    /// Removes the listener with this id, and no later one of its number.
    func stop(_ number: UInt64, id: Int) {
        self.state.withLock { state in
            if state.listeners[number]?.id == id { state.listeners[number] = nil }
        }
    }

    func listener(on number: UInt64) -> Listener? {
        self.state.withLock { $0.listeners[number] }
    }

    /// A number for the dialling end of a connection.
    func freeNumber() -> UInt64 {
        self.state.withLock { Self.freeNumber(&$0) }
    }

    private static func freeNumber(_ state: inout State) -> UInt64 {
        repeat { state.lastNumber &+= 1 } while state.lastNumber == 0 || state.listeners[state.lastNumber] != nil
        return state.lastNumber
    }
}
