import Bytes
import Transport

/// The server's side of one exchange: it reads a number and all that follows, then sends that many bytes (libp2p perf,
/// "Protocol").
final class PerfResponder: StreamHandler {
    /// The number of bytes to send, big-endian, as far as it has come.
    private var header: [UInt8] = []
    /// What is to be sent, once the peer has ended its half.
    private var payload: PerfPayload?

    private static let headerSize = 8

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        guard self.header.count < Self.headerSize else { return }
        bytes.withUnsafeBytes { memory in
            self.header.append(contentsOf: memory.prefix(Self.headerSize - self.header.count))
        }
    }

    func readClosed(_ stream: LoopStream) {
        guard self.header.count == Self.headerSize else {
            return stream.reset(code: StreamErrorCode.protocolViolation)
        }
        self.payload = PerfPayload(count: self.header.reduce(0) { $0 << 8 | UInt64($1) })
        self.send(to: stream)
    }

    func writable(_ stream: LoopStream) {
        self.send(to: stream)
    }

    private func send(to stream: LoopStream) {
        if self.payload?.write(to: stream) == true { stream.closeWrite() }
    }
}
