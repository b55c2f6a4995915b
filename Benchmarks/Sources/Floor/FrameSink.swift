import Cryptography
import EventLoop

/// Receives frames, one after the other and never more than the one at hand, and opens them.
struct FrameSink: ~Copyable {
    private let context: ChaChaPolyContext
    private let isSealed: Bool
    private let key: ChaChaPolyKey
    private let frame: UnsafeMutableRawBufferPointer
    private let plaintext: UnsafeMutableRawBufferPointer
    private var fill = 0
    private var nonce: UInt64 = 0
    private var remaining: Int

    init(context: ChaChaPolyContext, key: consuming ChaChaPolyKey, for request: FloorRequest) {
        self.context = context
        self.isSealed = request.isSealed
        self.key = key
        self.remaining = request.count
        self.frame = .allocate(byteCount: FrameSource.frameSize, alignment: 64)
        self.plaintext = .allocate(byteCount: FrameSource.frameSize, alignment: 64)
    }

    deinit {
        self.frame.deallocate()
        self.plaintext.deallocate()
    }

    var isDone: Bool { self.remaining == 0 }

    /// The length of the frame at hand, header included: all but the last have the same.
    private var frameSize: Int {
        2 + ChaChaPolyContext.tagSize + min(self.remaining, FrameSource.payloadSize)
    }

    /// Receives once; false where a frame does not authenticate or the connection is broken.
    mutating func receive(from socket: Socket, _ result: inout Socket.TransferResult) -> Bool {
        let size = self.frameSize
        result = socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: self.frame[self.fill..<size]))
        guard case .bytes(let count) = result else { return result == .wouldBlock }
        self.fill += count
        guard self.fill == size else { return true }
        self.fill = 0
        self.remaining -= size - 2 - ChaChaPolyContext.tagSize
        guard self.isSealed else { return true }
        defer { self.nonce += 1 }
        return self.context.open(
            key: self.key, nonce: self.nonce, ciphertext: UnsafeRawBufferPointer(rebasing: self.frame[2..<size]),
            into: self.plaintext.baseAddress.unsafelyUnwrapped)
    }
}
