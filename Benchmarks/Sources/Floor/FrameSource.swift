import EventLoop

/// Seals frames of zeros, as many as are written at once, and writes them.
///
/// What the kernel left of one batch goes with the next in one call, as the library does: nearly every batch leaves a
/// little, which would otherwise have a call and a wake-up of its own.
struct FrameSource: ~Copyable {
    /// About 256 KiB. With two frames both ends take a tenth more time, and with eight no less.
    private static let framesPerBatch = 4
    private static let batchSize = Self.framesPerBatch * FrameCipher.frameSize

    private var cipher: FrameCipher
    private let payload: UnsafeMutableRawBufferPointer
    /// Two batches, which take turns: one is sealed where the rest of the other is not.
    private let buffer: UnsafeMutableRawBufferPointer
    /// Payload that is yet to be sealed.
    private var remaining: Int
    /// What of the buffer is yet to be sent: what an earlier batch left, and the batch behind it.
    private var rest = 0..<0
    private var batch = 0..<0

    init(_ request: FloorRequest) throws {
        self.cipher = try FrameCipher(isSealed: request.isSealed)
        self.remaining = request.count
        self.payload = .allocate(byteCount: FrameCipher.payloadSize, alignment: 64)
        self.payload.initializeMemory(as: UInt8.self, repeating: 0)
        self.buffer = .allocate(byteCount: 2 * Self.batchSize, alignment: 64)
        self.buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        self.payload.deallocate()
        self.buffer.deallocate()
    }

    var isDone: Bool { self.remaining == 0 && self.rest.isEmpty && self.batch.isEmpty }

    /// Writes once, as much as the kernel takes.
    mutating func send(to socket: Socket) throws(FloorError) {
        if self.batch.isEmpty { self.fill() }
        let rest = UnsafeRawBufferPointer(rebasing: self.buffer[self.rest])
        let batch = UnsafeRawBufferPointer(rebasing: self.buffer[self.batch])
        switch rest.isEmpty ? socket.send(batch) : socket.sendVectored(rest, and: batch) {
        case .bytes(let count): self.sent(count)
        case .wouldBlock: return
        case .endOfStream, .failed: throw .broken
        }
    }

    private mutating func sent(_ count: Int) {
        let ofRest = min(count, self.rest.count)
        self.rest = self.rest.dropFirst(ofRest)
        self.batch = self.batch.dropFirst(count - ofRest)
        guard self.rest.isEmpty else { return }
        self.rest = self.batch
        self.batch = 0..<0
    }

    /// Seals the next batch, of fewer frames where much of the one before is left.
    private mutating func fill() {
        let start = self.rest.isEmpty || self.rest.lowerBound >= Self.batchSize ? 0 : Self.batchSize
        let frames = Self.framesPerBatch - (self.rest.count + FrameCipher.frameSize / 2) / FrameCipher.frameSize
        var end = start
        for _ in 0..<frames where self.remaining > 0 {
            let count = min(self.remaining, FrameCipher.payloadSize)
            end += self.cipher.seal(
                UnsafeRawBufferPointer(rebasing: self.payload[..<count]),
                into: self.buffer.baseAddress.unsafelyUnwrapped + end)
            self.remaining -= count
        }
        self.batch = start..<end
    }
}
