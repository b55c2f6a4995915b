import Bytes
import EventLoop
import Transport

/// Sends pings on one stream and matches their echoes, in the order in which they were sent.
final class PingInitiator: StreamHandler {
    private struct Unanswered {
        let payload: Bytes
        let sentAt: Instant
        let timeout: Duration
        let result: PendingResult<Duration>

        var deadline: Instant { self.sentAt + self.timeout }
    }

    private let stream: LoopStream
    private var unanswered: [Unanswered] = []
    /// How much of the first one's echo has come, all of it as it should be.
    private var matched = 0
    private var timer: LoopTimer?
    /// Why no ping can be answered any more.
    private var failure: PingError?

    init(_ stream: LoopStream) {
        self.stream = stream
        self.timer = LoopTimer(stream.loop) { [weak self] in self?.failLate() }
    }

    /// Sends `payload`; the time until its echo goes to `result`.
    func ping(_ payload: Bytes, timeout: Duration, _ result: PendingResult<Duration>) {
        if let failure = self.failure { return result.finish(.failure(failure)) }
        guard self.unanswered.count < PingLimits.unanswered else {
            return result.finish(.failure(PingError.tooManyUnanswered(limit: PingLimits.unanswered)))
        }
        let ping = Unanswered(
            payload: payload, sentAt: EventLoop.monotonicNow(), timeout: timeout, result: result)
        self.unanswered.append(ping)
        self.stream.write(payload)
        if let deadline = self.timer?.deadline, deadline <= ping.deadline { return }
        self.timer?.schedule(at: ping.deadline)
    }

    /// Ends the stream.
    func close() {
        self.end(.closed(self.stream.closeReason ?? .finished))
        self.stream.finish()
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        let now = EventLoop.monotonicNow()
        let isEcho = bytes.withUnsafeBytes { self.match($0, now: now) }
        guard !isEcho else { return }
        self.end(.mismatch)
        stream.reset(code: StreamErrorCode.protocolViolation)
    }

    /// Compares with what was sent; false where it differs, or where nothing was sent.
    private func match(_ memory: UnsafeRawBufferPointer, now: Instant) -> Bool {
        var rest = memory[...]
        while !rest.isEmpty {
            guard let first = self.unanswered.first else { return false }
            let part = rest.prefix(PingLimits.payloadSize - self.matched)
            guard part.elementsEqual(first.payload[self.matched..<self.matched + part.count]) else { return false }
            rest = rest.dropFirst(part.count)
            self.matched += part.count
            guard self.matched == PingLimits.payloadSize else { return true }
            self.matched = 0
            self.unanswered.removeFirst()
            first.result.finish(.success(now - first.sentAt))
        }
        return true
    }

    func readClosed(_ stream: LoopStream) {
        // No echo can follow.
        self.end(.closed(.finished))
        stream.finish()
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.end(.closed(reason))
        self.timer?.close()
        self.timer = nil
    }

    private func end(_ error: PingError) {
        let failure = self.failure ?? error
        self.failure = failure
        let unanswered = self.unanswered
        self.unanswered = []
        for ping in unanswered { ping.result.finish(.failure(failure)) }
    }

    /// Tells whoever waits that the echo is late. The ping stays: its echo may still come, in front of later ones.
    private func failLate() {
        let now = self.stream.loop.now
        var next: Instant?
        for ping in self.unanswered where ping.result.isWaiting {
            if ping.deadline <= now {
                ping.result.finish(.failure(PingError.timedOut(after: ping.timeout)))
            } else {
                next = min(next ?? ping.deadline, ping.deadline)
            }
        }
        if let next { self.timer?.schedule(at: next) }
    }
}
