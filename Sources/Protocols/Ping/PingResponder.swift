import Bytes
import EventLoop
import Transport

/// Echoes a peer's pings on one stream until the peer ends its half (libp2p ping, "Protocol").
final class PingResponder: StreamHandler {
    private let idleTime: Duration
    private let onClosed: () -> Void
    /// The beginning of a payload whose rest has not arrived.
    private var partial: [UInt8] = []
    private var lastReceived: Instant
    private var timer: LoopTimer?

    init(_ stream: LoopStream, idleTime: Duration, onClosed: @escaping () -> Void) {
        self.idleTime = idleTime
        self.onClosed = onClosed
        self.lastReceived = stream.loop.now
        self.partial.reserveCapacity(PingLimits.payloadSize)
        self.timer = LoopTimer(stream.loop) { [weak self, weak stream] in
            if let self, let stream { self.endIfIdle(stream) }
        }
        self.timer?.schedule(at: self.lastReceived + idleTime)
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        self.lastReceived = stream.loop.now
        bytes.withUnsafeBytes { self.echo($0, on: stream) }
        // A peer that sends pings and reads no echoes is stopped by its own window.
        if !stream.isWritable { stream.pauseReading() }
    }

    private func echo(_ memory: UnsafeRawBufferPointer, on stream: LoopStream) {
        var rest = memory[...]
        if !self.partial.isEmpty {
            let missing = rest.prefix(PingLimits.payloadSize - self.partial.count)
            self.partial.append(contentsOf: missing)
            rest = rest.dropFirst(missing.count)
            guard self.partial.count == PingLimits.payloadSize else { return }
            self.partial.withUnsafeBytes { stream.write(copying: $0) }
            self.partial.removeAll(keepingCapacity: true)
        }
        let whole = rest.prefix(rest.count - rest.count % PingLimits.payloadSize)
        stream.write(copying: UnsafeRawBufferPointer(rebasing: whole))
        self.partial.append(contentsOf: rest.dropFirst(whole.count))
    }

    func writable(_ stream: LoopStream) {
        stream.resumeReading()
    }

    func readClosed(_ stream: LoopStream) {
        stream.closeWrite()
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.timer?.close()
        self.timer = nil
        self.onClosed()
    }

    /// The timer is set anew only when it fires: a ping costs no change of a timer.
    private func endIfIdle(_ stream: LoopStream) {
        let deadline = self.lastReceived + self.idleTime
        if deadline <= stream.loop.now { stream.finish() } else { self.timer?.schedule(at: deadline) }
    }
}
