import Apus

/// One echo of 32 bytes, to the end of the stream.
final class ShortEcho: StreamHandler {
    private static let payload = SystemRandom.bytes(32)

    private let result: PendingResult<Void>
    private var received: [UInt8] = []

    init(_ stream: LoopStream, result: PendingResult<Void>) {
        self.result = result
        stream.write(Self.payload)
        stream.closeWrite()
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        guard bytes.count <= Self.payload.count - self.received.count else {
            self.result.finish(.failure(CommandError("more came back than was sent")))
            return stream.reset()
        }
        bytes.withUnsafeBytes { self.received.append(contentsOf: $0) }
    }

    func readClosed(_ stream: LoopStream) {
        let isSame = self.received.elementsEqual(Self.payload)
        self.result.finish(isSame ? .success(()) : .failure(CommandError("other bytes came back than were sent")))
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.result.finish(.failure(StreamError.closed(reason)))
    }
}
