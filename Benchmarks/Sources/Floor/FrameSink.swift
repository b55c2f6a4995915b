import EventLoop

/// Receives frames into one flat buffer and opens them from there.
struct FrameSink: ~Copyable {
    /// As much as the library receives at once: more than a frame, so that what comes with a frame's last byte is little,
    /// moves to the front, and has the next frame whole in one receive again.
    private static let receiveSize = 64 * 1024 + 64

    private var cipher: FrameCipher
    private let buffer: UnsafeMutableRawBufferPointer
    private let plaintext: UnsafeMutableRawBufferPointer
    /// Bytes of the buffer that were received and not opened yet.
    private var fill = 0
    /// Payload that is yet to come.
    private var remaining: Int

    init(_ request: FloorRequest) throws {
        self.cipher = try FrameCipher(isSealed: request.isSealed)
        self.remaining = request.count
        self.buffer = .allocate(byteCount: Self.receiveSize, alignment: 64)
        self.plaintext = .allocate(byteCount: FrameCipher.payloadSize, alignment: 64)
    }

    deinit {
        self.buffer.deallocate()
        self.plaintext.deallocate()
    }

    var isDone: Bool { self.remaining == 0 }

    /// Receives once and opens what is whole; answers whether there may be more to receive.
    mutating func receive(from socket: Socket) throws(FloorError) -> Bool {
        switch socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: self.buffer[self.fill...])) {
        case .bytes(let count): self.fill += count
        case .wouldBlock: return false
        case .endOfStream, .failed: throw .broken
        }
        let isFull = self.fill == self.buffer.count
        try self.open()
        return isFull
    }

    private mutating func open() throws(FloorError) {
        var start = 0
        while let frame = try self.cipher.open(
            UnsafeRawBufferPointer(rebasing: self.buffer[start..<self.fill]),
            into: self.plaintext.baseAddress.unsafelyUnwrapped)
        {
            start += frame.size
            self.remaining -= frame.payload
        }
        guard start > 0 else { return }
        self.buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: self.buffer[start..<self.fill]))
        self.fill -= start
    }
}
