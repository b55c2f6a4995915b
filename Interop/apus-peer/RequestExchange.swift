import Apus

/// Sends random bytes as one request, and checks the answer by its hash; it never holds more than a few blocks.
final class RequestExchange: StreamHandler {
    private let count: Int
    private let result: PendingResult<Void>
    private var unsent: Int
    private var sentHash = SHA256()
    private var receivedHash = SHA256()
    private var receivedCount = 0

    private static let blockSize = 64 * 1024

    init(_ stream: LoopStream, count: UInt32, result: PendingResult<Void>) {
        var head = BytesWriter()
        head.writeInteger(count)
        self.count = head.count + Int(count)
        self.unsent = Int(count)
        self.result = result
        self.send(head.finish(), stream)
        self.sendRest(stream)
    }

    private func send(_ bytes: Bytes, _ stream: LoopStream) {
        self.sentHash.update(bytes)
        stream.write(bytes)
    }

    private func sendRest(_ stream: LoopStream) {
        while self.unsent > 0, stream.isWritable {
            let block = SystemRandom.bytes(min(self.unsent, Self.blockSize))
            self.unsent -= block.count
            self.send(block, stream)
        }
    }

    func writable(_ stream: LoopStream) { self.sendRest(stream) }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        self.receivedCount += bytes.count
        bytes.withUnsafeBytes { self.receivedHash.update($0) }
        guard self.receivedCount >= self.count else { return }
        if self.receivedCount == self.count, self.unsent == 0, self.sentHash.finish() == self.receivedHash.finish() {
            self.result.finish(.success(()))
            stream.finish()
        } else {
            self.result.finish(.failure(CommandError("the answer differs from the request")))
            stream.reset()
        }
    }

    func readClosed(_ stream: LoopStream) {
        let counts = "\(self.receivedCount) of \(self.count) bytes"
        self.result.finish(.failure(CommandError("the peer ended the stream after \(counts) of its answer")))
        stream.reset()
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.result.finish(.failure(StreamError.closed(reason)))
    }
}
