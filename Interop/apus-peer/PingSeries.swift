import Apus

/// Pings one after the other on one stream, each checked and timed on the connection's loop.
final class PingSeries: StreamHandler {
    typealias Outcome = (times: [Int64], measurement: Measurement, elapsed: Duration)

    private static let size = 32

    private let result: PendingResult<Outcome>
    private var payload = Array(SystemRandom.bytes(PingSeries.size))
    private var matched = 0
    private var warmUpsLeft: Int
    private var left: Int
    private var times: [Int64] = []
    private var sentAt = Instant.zero
    private var measurement = Measurement()

    init(_ stream: LoopStream, warmUps: Int, count: Int, result: PendingResult<Outcome>) {
        self.result = result
        self.warmUpsLeft = warmUps
        self.left = count
        self.times.reserveCapacity(count)
        self.send(on: stream)
    }

    private func send(on stream: LoopStream) {
        // No two payloads in a row are the same.
        self.payload[0] &+= 1
        self.matched = 0
        self.sentAt = EventLoop.monotonicNow()
        self.payload.withUnsafeBytes { stream.write(copying: $0) }
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        let isSame = bytes.withUnsafeBytes { memory in
            memory.count <= Self.size - self.matched
                && memory.elementsEqual(self.payload[self.matched..<self.matched + memory.count])
        }
        guard isSame else {
            self.result.finish(.failure(PingError.mismatch))
            return stream.reset()
        }
        self.matched += bytes.count
        if self.matched == Self.size { self.answered(on: stream) }
    }

    private func answered(on stream: LoopStream) {
        if self.warmUpsLeft > 0 {
            self.warmUpsLeft -= 1
            if self.warmUpsLeft == 0 { self.measurement = Measurement() }
        } else {
            self.times.append((EventLoop.monotonicNow() - self.sentAt).saturatingNanoseconds)
            self.left -= 1
        }
        guard self.left > 0 else {
            self.result.finish(.success((self.times, self.measurement, self.measurement.elapsed)))
            return stream.finish()
        }
        self.send(on: stream)
    }

    func readClosed(_ stream: LoopStream) { stream.reset() }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.result.finish(.failure(PingError.closed(reason)))
    }
}
