import Cryptography

/// Seals frames of zeros into one buffer, as many as are written at once.
struct FrameSource: ~Copyable {
    /// The most that a Noise message holds.
    static let payloadSize = 65_519
    /// A frame on the wire: its length, and the tag behind the payload.
    static let frameSize = 2 + Self.payloadSize + ChaChaPolyContext.tagSize
    /// Frames of a batch, about 256 KiB.
    private static let framesPerBatch = 4

    private let context: ChaChaPolyContext
    private let isSealed: Bool
    private let key: ChaChaPolyKey
    private let payload: UnsafeMutableRawBufferPointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var nonce: UInt64 = 0
    private var remaining: Int
    /// What of the buffer is yet to be sent.
    private var pending = 0..<0

    init(context: ChaChaPolyContext, key: consuming ChaChaPolyKey, for request: FloorRequest) {
        self.context = context
        self.isSealed = request.isSealed
        self.key = key
        self.remaining = request.count
        self.payload = .allocate(byteCount: Self.payloadSize, alignment: 64)
        self.payload.initializeMemory(as: UInt8.self, repeating: 0)
        self.buffer = .allocate(byteCount: Self.framesPerBatch * Self.frameSize, alignment: 64)
        self.buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        self.payload.deallocate()
        self.buffer.deallocate()
    }

    var isDone: Bool { self.remaining == 0 && self.pending.isEmpty }

    /// What is to be written next; empty when all was.
    mutating func next() -> UnsafeRawBufferPointer {
        if self.pending.isEmpty { self.fill() }
        return UnsafeRawBufferPointer(rebasing: self.buffer[self.pending])
    }

    mutating func sent(_ count: Int) {
        self.pending = self.pending.lowerBound + count..<self.pending.upperBound
    }

    private mutating func fill() {
        var end = 0
        for _ in 0..<Self.framesPerBatch where self.remaining > 0 {
            let count = min(self.remaining, Self.payloadSize)
            let length = UInt16(count + ChaChaPolyContext.tagSize)
            self.buffer.storeBytes(of: length.bigEndian, toByteOffset: end, as: UInt16.self)
            if self.isSealed {
                self.context.seal(
                    key: self.key, nonce: self.nonce,
                    plaintext: UnsafeRawBufferPointer(rebasing: self.payload[..<count]),
                    into: self.buffer.baseAddress.unsafelyUnwrapped + end + 2)
                self.nonce += 1
            }
            self.remaining -= count
            end += 2 + Int(length)
        }
        self.pending = 0..<end
    }
}
