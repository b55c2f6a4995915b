import Apus

/// Sends random bytes to an echo, and checks by their hash that the same return; it never holds more than a few blocks.
final class EchoExchange: StreamHandler {
    private let count: Int
    private let result: PendingResult<Void>
    private var unsent: Int
    private var sentHash = SHA256()
    private var receivedHash = SHA256()
    private var receivedCount = 0

    private static let blockSize = 64 * 1024

    init(_ stream: LoopStream, count: Int, result: PendingResult<Void>) {
        self.count = count
        self.unsent = count
        self.result = result
        self.send(stream)
    }

    private func send(_ stream: LoopStream) {
        while self.unsent > 0, stream.isWritable {
            let block = SystemRandom.bytes(min(self.unsent, Self.blockSize))
            self.sentHash.update(block)
            self.unsent -= block.count
            stream.write(block)
        }
        if self.unsent == 0 { stream.closeWrite() }
    }

    func writable(_ stream: LoopStream) { self.send(stream) }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        self.receivedCount += bytes.count
        guard self.receivedCount <= self.count else {
            self.result.finish(.failure(CommandError("the echo returned more than the \(self.count) bytes sent")))
            return stream.reset()
        }
        bytes.withUnsafeBytes { self.receivedHash.update($0) }
    }

    func readClosed(_ stream: LoopStream) {
        if self.receivedCount == self.count, self.sentHash.finish() == self.receivedHash.finish() {
            self.result.finish(.success(()))
        } else {
            let counts = "\(self.receivedCount) bytes that differ from the \(self.count) sent"
            self.result.finish(.failure(CommandError("the echo returned \(counts)")))
            stream.reset()
        }
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.result.finish(.failure(StreamError.closed(reason)))
    }
}
