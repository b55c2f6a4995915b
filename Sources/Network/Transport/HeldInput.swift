import Bytes

/// A stream's data that waits for its reader.
///
/// A peer may cut its data into pieces of one byte, or send a piece in each slab: small ones are laid together, and of
/// slabs only so many are kept that what waits takes about twice the memory of its bytes at most (`PinnedSlabs`).
struct HeldInput {
    private struct Piece {
        let storage: ByteStorage
        var offset: Int
        var end: Int
        /// The memory is ours, and more can be laid behind `end`.
        let isGathered: Bool
        /// What the slab that the piece stands in costs.
        var cost = 0

        var bytes: Bytes { Bytes(sharing: self.storage, offset: self.offset, count: self.end - self.offset) }
    }

    /// Those before `head` were taken, and are nil so that they keep no memory.
    private var pieces: [Piece?] = []
    private var head = 0
    /// How many bytes wait.
    private var count = 0
    private var slabs = PinnedSlabs()

    var isEmpty: Bool { self.head == self.pieces.count }

    /// Keeps `count` bytes of `storage`, as a chunk lends them, behind those that wait.
    mutating func append(_ storage: ByteStorage, offset: Int, count: Int) {
        guard count > 0 else { return }
        self.count += count
        if count > Chunk.copyLimit, let cost = self.slabs.keep(storage, waiting: self.count) {
            self.pieces.append(
                Piece(storage: storage, offset: offset, end: offset + count, isGathered: false, cost: cost))
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
            let storage = ByteStorage(capacity: self.isEmpty ? bytes.count : max(bytes.count, Chunk.copyLimit))
            storage.unsafeMutableBytes.copyMemory(from: bytes)
            self.pieces.append(Piece(storage: storage, offset: 0, end: bytes.count, isGathered: true))
        }
    }

    /// Takes the first piece, at most `limit` bytes of it.
    mutating func popFirst(upTo limit: Int = .max) -> Bytes? {
        guard self.head < self.pieces.count, let piece = self.pieces[self.head] else { return nil }
        let bytes = piece.bytes
        if bytes.count > limit {
            self.pieces[self.head]?.offset += limit
            self.count -= limit
            return bytes[0..<limit]
        }
        self.count -= bytes.count
        self.slabs.release(piece.storage, cost: piece.cost)
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
