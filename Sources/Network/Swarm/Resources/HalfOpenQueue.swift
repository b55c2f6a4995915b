import Bytes

/// What peers have begun and not finished, in the order in which it came: streams without a protocol, or handshakes.
///
/// It costs whoever begins it next to nothing, and all peers share what it may take. So none of it keeps its place against
/// others: where more than half of the places are taken, the oldest gives way. Who means to speak does so at once.
final class HalfOpenQueue: Sendable {
    private struct State {
        var ends: [UInt64: @Sendable () -> Void] = [:]
        /// The numbers in their order, and some that are no longer there.
        var order = RingQueue<UInt64>()
        var last: UInt64 = 0
    }

    private let state = Locked(State())

    /// How many have neither ended nor been finished.
    var count: Int { self.state.withLock { $0.ends.count } }

    /// Enters one that `end` ends, from any thread; the number takes it out again.
    func enter(_ end: @escaping @Sendable () -> Void) -> UInt64 {
        self.state.withLock { state in
            state.last += 1
            state.ends[state.last] = end
            state.order.append(state.last)
            if state.order.count > 2 * state.ends.count + 64 { Self.clear(&state) }
            return state.last
        }
    }

    /// Takes out one that was finished, or has ended, and returns what would have ended it.
    @discardableResult
    func leave(_ number: UInt64) -> (@Sendable () -> Void)? {
        // What the closure holds goes outside of the lock.
        self.state.withLock { $0.ends.removeValue(forKey: number) }
    }

    /// Takes the oldest out and returns what ends it; nil where there is none.
    func takeOldest() -> (@Sendable () -> Void)? {
        self.state.withLock { state in
            while let number = state.order.popFirst() {
                if let end = state.ends.removeValue(forKey: number) { return end }
            }
            return nil
        }
    }

    private static func clear(_ state: inout State) {
        var order = RingQueue<UInt64>()
        while let number = state.order.popFirst() {
            if state.ends[number] != nil { order.append(number) }
        }
        state.order = order
    }
}
