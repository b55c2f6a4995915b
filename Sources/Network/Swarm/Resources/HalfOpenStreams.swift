import Bytes

/// The inbound streams of a node that have agreed on no protocol yet, in the order in which they came.
///
/// They cost whoever opens them nothing, and all peers share what they may take. So none of them keeps its place against
/// others: where more than half of it is taken, the oldest gives way. Who means to speak says what with its first frame.
final class HalfOpenStreams: Sendable {
    private struct State {
        var ends: [UInt64: @Sendable () -> Void] = [:]
        /// The numbers in their order, and some that are no longer there.
        var order = RingQueue<UInt64>()
        var last: UInt64 = 0
    }

    private let state = Locked(State())

    /// Enters a stream that `end` resets, from any thread; the number takes it out again.
    func enter(_ end: @escaping @Sendable () -> Void) -> UInt64 {
        self.state.withLock { state in
            state.last += 1
            state.ends[state.last] = end
            state.order.append(state.last)
            if state.order.count > 2 * state.ends.count + 64 { Self.clear(&state) }
            return state.last
        }
    }

    /// Takes out a stream that has agreed on a protocol, or ended.
    func leave(_ number: UInt64) {
        // What the closure holds goes outside of the lock.
        _ = self.state.withLock { $0.ends.removeValue(forKey: number) }
    }

    /// Resets the oldest stream; false where there is none.
    func endOldest() -> Bool {
        let end = self.state.withLock { state -> (@Sendable () -> Void)? in
            while let number = state.order.popFirst() {
                if let end = state.ends.removeValue(forKey: number) { return end }
            }
            return nil
        }
        end?()
        return end != nil
    }

    private static func clear(_ state: inout State) {
        var order = RingQueue<UInt64>()
        while let number = state.order.popFirst() {
            if state.ends[number] != nil { order.append(number) }
        }
        state.order = order
    }
}
