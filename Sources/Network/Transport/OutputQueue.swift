import Bytes

/// A stream's bytes that wait to be sealed, in the memory of whoever wrote them.
struct OutputQueue {
    private enum Segment {
        /// `cost` is what the slab costs that a piece of a peer's data stands in.
        case bytes(Bytes, cost: Int)
        /// Small writes, laid together.
        case gathered([UInt8])

        var count: Int {
            switch self {
            case .bytes(let bytes, _): bytes.count
            case .gathered(let bytes): bytes.count
            }
        }
    }

    /// A write of at most this many bytes is copied behind the one before it.
    private static let gatherLimit = 4_096
    private static let gatheredCapacity = 16_384

    private var segments: [Segment] = []
    private var head = 0
    /// How many bytes of the head segment were taken.
    private var headOffset = 0
    private(set) var count = 0
    private var slabs = PinnedSlabs()

    mutating func append(_ bytes: Bytes) {
        guard bytes.count > Self.gatherLimit else {
            bytes.withUnsafeBytes { self.appendCopy($0) }
            return
        }
        self.segments.append(.bytes(bytes, cost: 0))
        self.count += bytes.count
    }

    /// Appends a piece of a peer's data: by reference where it is worth the slab, otherwise as a copy.
    mutating func append(_ chunk: borrowing Chunk) {
        if chunk.count > Chunk.copyLimit,
            let cost = self.slabs.keep(chunk.storage, waiting: self.count + chunk.count)
        {
            self.segments.append(
                .bytes(Bytes(sharing: chunk.storage, offset: chunk.offset, count: chunk.count), cost: cost))
            self.count += chunk.count
        } else {
            chunk.withUnsafeBytes { self.appendCopy($0) }
        }
    }

    mutating func appendCopy(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        self.count += bytes.count
        if self.segments.count > self.head, case .gathered(var last) = self.segments[self.segments.count - 1],
            last.count + bytes.count <= Self.gatheredCapacity
        {
            self.segments[self.segments.count - 1] = .gathered([])
            last.append(contentsOf: bytes)
            self.segments[self.segments.count - 1] = .gathered(last)
        } else {
            self.segments.append(.gathered(Array(bytes)))
        }
    }

    /// Takes the first `count` bytes and shows them to `body` piece by piece.
    mutating func take(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        precondition(count <= self.count, "more is taken than waits")
        self.count -= count
        var missing = count
        while missing > 0 {
            let segment = self.segments[self.head]
            let length = min(missing, segment.count - self.headOffset)
            let range = self.headOffset..<self.headOffset + length
            switch segment {
            case .bytes(let bytes, _): bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
            case .gathered(let bytes): bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
            }
            missing -= length
            self.headOffset += length
            if self.headOffset == segment.count { self.dropHead() }
        }
    }

    mutating func removeAll() {
        self = OutputQueue()
    }

    private mutating func dropHead() {
        if case .bytes(let bytes, let cost) = self.segments[self.head] {
            bytes.withStorage { storage, _ in self.slabs.release(storage, cost: cost) }
        }
        self.segments[self.head] = .bytes(Bytes(), cost: 0)
        self.head += 1
        self.headOffset = 0
        if self.head == self.segments.count {
            self.segments.removeAll(keepingCapacity: self.segments.count <= 64)
            self.head = 0
        } else if self.head >= 64, self.head * 2 >= self.segments.count {
            self.segments.removeFirst(self.head)
            self.head = 0
        }
    }
}
