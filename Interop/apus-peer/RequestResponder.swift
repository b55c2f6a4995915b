import Apus

/// Answers each request with the same, once it is there whole, and holds back its sender while the answers wait.
final class RequestResponder: StreamHandler {
    /// The longest request that is answered, in bytes: the reference peers' limit.
    static let maximumRequest = 16 << 20
    private static let lengthSize = 4

    /// The beginning of a request that is not there whole: its length, and when that is complete, all that came of it.
    private var lengthBytes: [UInt8] = []
    private var pieces: [Bytes] = []
    private var missing = 0

    private var isBetweenRequests: Bool { self.lengthBytes.isEmpty }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        if self.isBetweenRequests, bytes.withUnsafeBytes(Self.wholeRequests) == bytes.count {
            stream.write(bytes)
        } else {
            self.answer(bytes.bytes, on: stream)
        }
        if !stream.isWritable { stream.pauseReading() }
    }

    func writable(_ stream: LoopStream) { stream.resumeReading() }

    func readClosed(_ stream: LoopStream) {
        if self.isBetweenRequests { stream.closeWrite() } else { stream.reset() }
    }

    /// How many bytes at the beginning of `memory` are whole requests.
    private static func wholeRequests(_ memory: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while memory.count - position >= self.lengthSize {
            let length = Int(UInt32(bigEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            guard length <= self.maximumRequest, length <= memory.count - position - self.lengthSize else { break }
            position += self.lengthSize + length
        }
        return position
    }

    private func answer(_ bytes: Bytes, on stream: LoopStream) {
        var rest = bytes
        while !rest.isEmpty {
            if self.isBetweenRequests {
                let whole = rest.withUnsafeBytes(Self.wholeRequests)
                stream.write(rest[0..<whole])
                rest = rest[whole..<rest.count]
            }
            rest = self.gather(rest, on: stream)
        }
    }

    /// Takes what belongs to the request that is not there whole, and answers it when it is; returns what is left.
    private func gather(_ bytes: Bytes, on stream: LoopStream) -> Bytes {
        var rest = bytes
        if self.lengthBytes.count < Self.lengthSize {
            let head = rest[0..<min(rest.count, Self.lengthSize - self.lengthBytes.count)]
            rest = rest[head.count..<rest.count]
            self.lengthBytes.append(contentsOf: head)
            guard self.lengthBytes.count == Self.lengthSize else { return Bytes() }
            self.missing = self.lengthBytes.reduce(0) { $0 << 8 | Int($1) }
            self.pieces = [Bytes(self.lengthBytes)]
        }
        guard self.missing <= Self.maximumRequest else {
            stream.reset()
            return Bytes()
        }
        let piece = rest[0..<min(rest.count, self.missing)]
        self.pieces.append(piece)
        self.missing -= piece.count
        guard self.missing == 0 else { return Bytes() }
        for piece in self.pieces { stream.write(piece) }
        self.pieces = []
        self.lengthBytes = []
        return rest[piece.count..<rest.count]
    }
}
