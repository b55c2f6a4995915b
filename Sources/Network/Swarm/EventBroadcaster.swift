import Bytes

/// Hands each event to every subscriber. One that does not keep up loses the oldest events, never memory.
package final class EventBroadcaster<Event: Sendable>: Sendable {
    /// Events that a slow subscriber may leave waiting.
    private static var bufferSize: Int { 1_024 }

    private let state = Locked(State())

    private struct State {
        var continuations: [Int: AsyncStream<Event>.Continuation] = [:]
        var next = 0
        var isFinished = false
    }

    package init() {}

    /// The events from now on, until the broadcaster ends or the subscriber lets go.
    package func subscribe() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(Self.bufferSize))
        let id = self.state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.continuations[state.next] = continuation
            return state.next
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { _ in
            self.state.withLock { _ = $0.continuations.removeValue(forKey: id) }
        }
        return stream
    }

    package func send(_ event: Event) {
        let continuations = self.state.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.yield(event) }
    }

    package func finish() {
        let continuations = self.state.withLock { state in
            state.isFinished = true
            defer { state.continuations = [:] }
            return Array(state.continuations.values)
        }
        for continuation in continuations { continuation.finish() }
    }
}
