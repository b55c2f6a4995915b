import Apus
import Foundation

/// Keeps a number of equal requests in flight on one stream for some time, and checks every byte of the answers.
final class RequestSeries: StreamHandler {
    typealias Outcome = (count: Int, measurement: Measurement, elapsed: Duration)

    /// About so many bytes of requests are written at once.
    private static let blockSize = 64 * 1024

    private let result: PendingResult<Outcome>
    private let depth: Int
    private let time: Duration
    /// Of a request with its length.
    private let size: Int
    /// Several requests in a row.
    private let block: Bytes
    /// The warm-up is one request: the negotiation is no part of the measurement.
    private var isWarm = false
    private var measurement = Measurement()
    /// Requests that may be sent now, those sent, and those answered.
    private var owed = 1
    private var sent = 0
    private var answered = 0
    /// How much of the next answer came.
    private var partial = 0

    init(_ stream: LoopStream, size: Int, depth: Int, time: Duration, result: PendingResult<Outcome>) {
        self.result = result
        self.depth = depth
        self.time = time
        var one = BytesWriter(reserving: size + 4)
        one.writeInteger(UInt32(size))
        one.write(SystemRandom.bytes(size))
        self.size = one.count
        var block = BytesWriter(reserving: max(Self.blockSize, one.count))
        repeat { block.write(one.bytes) } while block.count + one.count <= Self.blockSize
        self.block = block.finish()
        self.send(on: stream)
    }

    private func send(on stream: LoopStream) {
        while self.owed > 0, stream.isWritable {
            let count = min(self.owed, self.block.count / self.size)
            stream.write(self.block[0..<count * self.size])
            self.owed -= count
            self.sent += count
        }
    }

    func writable(_ stream: LoopStream) { self.send(on: stream) }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        guard bytes.withUnsafeBytes({ self.matches($0) }) else {
            self.result.finish(.failure(CommandError("an answer differs from its request")))
            return stream.reset()
        }
        let (whole, rest) = (self.partial + bytes.count).quotientAndRemainder(dividingBy: self.size)
        self.partial = rest
        self.answered += whole
        guard self.answered <= self.sent else {
            self.result.finish(.failure(CommandError("there are more answers than requests")))
            return stream.reset()
        }
        if self.isWarm { self.goOn(whole, on: stream) } else if whole > 0 { self.begin(on: stream) }
    }

    /// Whether the memory is what should come next; answers repeat themselves every `size` bytes.
    private func matches(_ memory: UnsafeRawBufferPointer) -> Bool {
        self.block.withUnsafeBytes { block in
            var rest = memory
            var position = self.partial
            while !rest.isEmpty {
                let count = min(rest.count, block.count - position)
                let expected = UnsafeRawBufferPointer(rebasing: block[position..<position + count])
                guard UnsafeRawBufferPointer(rebasing: rest[..<count]).isEqual(to: expected) else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                position = (position + count) % self.size
            }
            return true
        }
    }

    private func begin(on stream: LoopStream) {
        self.isWarm = true
        (self.owed, self.sent, self.answered) = (self.depth, 0, 0)
        self.measurement = Measurement()
        self.send(on: stream)
    }

    /// Replaces the answered requests by as many, or ends when the time is up and all are answered.
    private func goOn(_ count: Int, on stream: LoopStream) {
        if self.measurement.elapsed < self.time {
            self.owed += count
            self.send(on: stream)
        } else {
            self.owed = 0
            guard self.answered == self.sent else { return }
            self.result.finish(.success((self.answered, self.measurement, self.measurement.elapsed)))
            stream.finish()
        }
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.result.finish(.failure(StreamError.closed(reason)))
    }

    func readClosed(_ stream: LoopStream) { stream.reset() }
}

extension UnsafeRawBufferPointer {
    /// Whether both have the same bytes; the memories have the same length.
    fileprivate func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard let left = self.baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, self.count) == 0
    }
}
