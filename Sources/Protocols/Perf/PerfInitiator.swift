import Bytes
import EventLoop
import Transport

/// The client's side of one exchange: it asks for a number of bytes, uploads, and reads what comes (libp2p perf,
/// "Protocol").
final class PerfInitiator: StreamHandler {
    private let stream: LoopStream
    private let start: Instant
    private let result: PendingResult<PerfResult>
    private let download: UInt64
    private var upload: PerfPayload
    private var uploadHasEnded = false
    /// The first byte, or the end, of the answer.
    private var answeredAt: Instant?
    private var received: UInt64 = 0
    private var meter: PerfMeter?
    private var stallWatch: PerfStallWatch?
    private var failure: PerfError?

    init(
        _ stream: LoopStream, start: Instant, upload: UInt64, download: UInt64, stallTimeout: Duration,
        progress: (@Sendable (PerfProgress) -> Void)?, result: PendingResult<PerfResult>
    ) {
        self.stream = stream
        self.start = start
        self.result = result
        self.download = download
        self.upload = PerfPayload(count: upload)
        if let progress {
            self.meter = PerfMeter(stream.loop, start: start, report: progress) { [weak self] in
                (self?.sent(of: upload) ?? 0, self?.received ?? 0)
            }
        }
        self.stallWatch = PerfStallWatch(stream.loop, limit: stallTimeout) { [weak self] in
            // A sum that wraps around has changed all the same.
            (self?.sent(of: upload) ?? 0) &+ (self?.received ?? 0)
        } stalled: { [weak self] in
            self?.stalled(after: stallTimeout)
        }
        withUnsafeBytes(of: download.bigEndian) { stream.write(copying: $0) }
        self.send()
    }

    /// Gives up: the task that waited was cancelled.
    func cancel() {
        self.stream.reset()
    }

    /// How much of the upload the network has taken.
    private func sent(of upload: UInt64) -> UInt64 {
        let written = upload - self.upload.remaining
        return written - min(written, UInt64(self.stream.waitingOutput))
    }

    private func send() {
        guard !self.uploadHasEnded, self.upload.write(to: self.stream) else { return }
        self.uploadHasEnded = true
        self.stream.closeWrite()
    }

    func writable(_ stream: LoopStream) {
        self.send()
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        guard self.uploadHasEnded else { return self.fail(.answeredEarly) }
        if self.answeredAt == nil { self.answeredAt = EventLoop.monotonicNow() }
        // A chunk is never so long, nor a stream so old, that the sum could overflow.
        self.received &+= UInt64(bytes.count)
        if self.received > self.download { self.fail(.tooMuchData(expected: self.download)) }
    }

    func readClosed(_ stream: LoopStream) {
        guard self.uploadHasEnded else { return self.fail(.answeredEarly) }
        guard self.received == self.download else {
            return self.fail(.endedEarly(expected: self.download, received: self.received))
        }
        self.stallWatch?.stop()
        let end = EventLoop.monotonicNow()
        let answeredAt = self.answeredAt ?? end
        self.result.finish(
            .success(PerfResult(uploadTime: answeredAt - self.start, downloadTime: end - answeredAt)))
    }

    private func fail(_ error: PerfError) {
        self.failure = error
        self.stream.reset(code: StreamErrorCode.protocolViolation)
    }

    /// The peer broke no rule that it could be told of.
    private func stalled(after time: Duration) {
        self.failure = .stalled(after: time)
        self.stream.reset()
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.meter?.stop()
        self.meter = nil
        self.stallWatch?.stop()
        self.stallWatch = nil
        self.result.finish(.failure(self.failure ?? PerfError.closed(reason)))
    }
}
