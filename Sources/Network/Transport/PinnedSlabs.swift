import Bytes

/// Decides which pieces of slabs a queue keeps by reference and which it copies.
///
/// A reference to a few bytes keeps a slab of 64 KiB alive, so a peer that sends a small piece in each slab would make a
/// queue hold many times what its window allows. Slabs are kept as long as they are about as large as what waits in them.
struct PinnedSlabs {
    /// Beyond twice the bytes that wait, this much may be pinned.
    private static let allowance = 128 * 1024

    private var total = 0
    /// The slab of the last piece that was kept, which the next may share; it lives as long as its cost is held.
    private var last: ObjectIdentifier?

    /// What it costs to keep a piece of `storage`, or nil where the piece should be copied; `waiting` bytes wait with it.
    mutating func keep(_ storage: ByteStorage, waiting: Int) -> Int? {
        guard self.last != ObjectIdentifier(storage) else { return 0 }
        guard self.total + storage.capacity <= 2 * waiting + Self.allowance else { return nil }
        self.total += storage.capacity
        self.last = ObjectIdentifier(storage)
        return storage.capacity
    }

    /// Notes that a piece that cost `cost` was taken from the front.
    mutating func release(_ storage: ByteStorage, cost: Int) {
        guard cost > 0 else { return }
        self.total -= cost
        if self.last == ObjectIdentifier(storage) { self.last = nil }
    }
}
