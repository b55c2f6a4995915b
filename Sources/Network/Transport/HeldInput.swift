import Bytes

/// A stream's data that waits for its reader.
///
/// A peer may cut its data into pieces of one byte: small ones are laid together, so that what waits takes about twice the
/// memory of its bytes at most.
struct HeldInput {
    private struct Piece {
        let storage: ByteStorage
        var offset: Int
        var end: Int
        /// The memory is ours, and more can be laid behind `end`.
        let isGathered: Bool

        var bytes: Bytes { Bytes(sharing: self.storage, offset: self.offset, count: self.end - self.offset) }
    }

    /// Those before `head` were taken, and are nil so that they keep no memory.
    private var pieces: [Piece?] = []
    private var head = 0

    var isEmpty: Bool { self.head == self.pieces.count }

    /// Keeps `count` bytes of `storage`, as a chunk lends them, behind those that wait.
    mutating func append(_ storage: ByteStorage, offset: Int, count: Int) {
        guard count > 0 else { return }
        guard count <= Chunk.copyLimit else {
            self.pieces.append(Piece(storage: storage, offset: offset, end: offset + count, isGathered: false))
            return
        }
        self.gather(UnsafeRawBufferPointer(rebasing: storage.unsafeMutableBytes[offset..<offset + count]))
        withExtendedLifetime(storage) {}
    }

    private mutating func gather(_ bytes: UnsafeRawBufferPointer) {
        if let last = self.pieces.last, let last, last.isGathered, bytes.count <= last.storage.capacity - last.end {
            // No slice of this range was handed out yet, so its memory may still be written.
            let end = last.end + bytes.count
            UnsafeMutableRawBufferPointer(rebasing: last.storage.unsafeMutableBytes[last.end..<end])
                .copyMemory(from: bytes)
            self.pieces[self.pieces.count - 1]?.end = end
            withExtendedLifetime(last) {}
        } else {
            // The first piece is mostly taken before a second comes, and takes no more than it needs.
            let storage = ByteStorage(capacity: self.isEmpty ? bytes.count : Chunk.copyLimit)
            storage.unsafeMutableBytes.copyMemory(from: bytes)
            self.pieces.append(Piece(storage: storage, offset: 0, end: bytes.count, isGathered: true))
        }
    }

    /// Takes the first piece, at most `limit` bytes of it.
    mutating func popFirst(upTo limit: Int = .max) -> Bytes? {
        guard self.head < self.pieces.count, let bytes = self.pieces[self.head]?.bytes else { return nil }
        if bytes.count > limit {
            self.pieces[self.head]?.offset += limit
            return bytes[0..<limit]
        }
        self.pieces[self.head] = nil
        self.head += 1
        if self.head == self.pieces.count {
            self.pieces.removeAll(keepingCapacity: self.pieces.count <= 64)
            self.head = 0
        } else if self.head >= 64, self.head * 2 >= self.pieces.count {
            self.pieces.removeFirst(self.head)
            self.head = 0
        }
        return bytes
    }
}
