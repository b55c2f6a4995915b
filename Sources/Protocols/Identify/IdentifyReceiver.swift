import Bytes
import EventLoop
import Transport

/// Reads what a peer says of itself on one stream, and gives it to `completion`, once.
final class IdentifyReceiver: StreamHandler {
    typealias Outcome = Result<IdentifyMessage, IdentifyError>

    private var reader = IdentifyMessageReader()
    private var completion: ((Outcome) -> Void)?
    private var timer: LoopTimer?
    private let onClosed: () -> Void

    /// `timeout` is how long the peer may take from `start` on; `onClosed` is called when the stream is gone.
    init(
        _ stream: LoopStream, start: Instant, timeout: Duration, onClosed: @escaping () -> Void = {},
        completion: @escaping (Outcome) -> Void
    ) {
        self.completion = completion
        self.onClosed = onClosed
        self.timer = LoopTimer(stream.loop) { [weak self, weak stream] in
            if let self, let stream { self.end(stream, otherwise: .timedOut(after: timeout)) }
        }
        if Defence.identifyTimeout.isOn { self.timer?.schedule(at: start + timeout) }
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        guard self.completion != nil else { return }
        do {
            try bytes.withUnsafeBytes { memory throws(IdentifyError) in try self.reader.receive(memory) }
        } catch {
            self.complete(.failure(error))
            stream.reset(code: StreamErrorCode.protocolViolation)
        }
    }

    func readClosed(_ stream: LoopStream) {
        self.end(stream, otherwise: .endedEarly)
    }

    /// Takes what has come where it is whole: a peer may leave the stream open, or reset it, behind its message.
    private func end(_ stream: LoopStream, otherwise error: IdentifyError) {
        if self.reader.isComplete {
            self.complete(.success(self.reader.message))
            stream.finish()
        } else {
            self.complete(.failure(error))
            stream.reset()
        }
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.complete(
            self.reader.isComplete ? .success(self.reader.message) : .failure(.stream(.closed(reason))))
        self.onClosed()
    }

    private func complete(_ outcome: Outcome) {
        self.timer?.close()
        self.timer = nil
        let completion = self.completion
        self.completion = nil
        completion?(outcome)
    }
}
