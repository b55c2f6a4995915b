import Bytes
package import Transport

/// How many streams of one protocol each connection's peer may have open at a time.
package final class InboundStreamLimit: Sendable {
    private let limit: Int
    /// Open streams by connection; a connection without any has no entry.
    private let counts = Locked<[UInt64: Int]>([:])

    package init(_ limit: Int) {
        precondition(limit > 0, "a limit of none would refuse every stream")
        self.limit = limit
    }

    /// Counts one more stream; false where the connection has as many as it may.
    package func enter(_ connection: Connection) -> Bool {
        self.counts.withLock { counts in
            let count = counts[connection.id, default: 0]
            guard Defence.streamsOfProtocol.holds(count < self.limit) else { return false }
            counts[connection.id] = count + 1
            return true
        }
    }

    /// Counts one stream less, of those that `enter` said yes to.
    package func leave(_ connection: Connection) {
        self.counts.withLock { counts in
            guard let count = counts[connection.id] else { return }
            counts[connection.id] = count > 1 ? count - 1 : nil
        }
    }
}

/// Takes the place of a handler on a stream that was refused.
package final class RefusedStream: StreamHandler {
    /// Resets the stream with `code`.
    package init(_ stream: LoopStream, code: UInt32) {
        SwarmMetrics.streamRefused(on: stream.connection, stream.protocolID)
        stream.reset(code: code)
    }

    package func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}
}
