import Bytes
import Transport

/// Says on one stream what this node is, and ends it.
final class IdentifySender: StreamHandler {
    private let onClosed: () -> Void

    init(_ stream: LoopStream, _ message: Bytes, onClosed: @escaping () -> Void = {}) {
        self.onClosed = onClosed
        stream.write(message)
        stream.finish()
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.onClosed()
    }
}
