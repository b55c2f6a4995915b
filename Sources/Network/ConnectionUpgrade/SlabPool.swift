import Bytes
import Transport

/// The memory that a loop decrypts into: 64 KiB slabs that are filled again once nobody holds a piece of them.
///
/// A reader holds a piece by an ordinary reference, on whatever thread it is; the pool sees that a slab is free by being
/// the only one who still refers to it. So nothing has to be given back, and no count is kept beside Swift's own.
struct SlabPool: ~Copyable {
    static let slabSize = 64 * 1024
    /// How many lent slabs are looked at for a free one before a new one is made.
    private static let searchLength = 4
    /// Free slabs beyond this many are let go of by `releaseFree`.
    private static let keptSlabs = 32

    /// What the slabs are charged to: they belong to no connection alone.
    private let scope: any ResourceScope
    private var current: ByteStorage
    private var fill = 0
    private var lent: [ByteStorage] = []
    private var cursor = 0

    init(scope: any ResourceScope) throws(ResourceLimitError) {
        try scope.reserve(.memory(Self.slabSize))
        self.scope = scope
        self.current = ByteStorage(capacity: Self.slabSize)
    }

    deinit {
        for _ in 0...self.lent.count { self.scope.release(.memory(Self.slabSize)) }
    }

    /// A place for `count` bytes: a slab and the offset in it. The bytes become fixed with `commit`.
    mutating func reserve(_ count: Int) throws(ResourceLimitError) -> (storage: ByteStorage, offset: Int) {
        precondition(count <= Self.slabSize, "a frame's plaintext fits a slab")
        if self.fill > 0, isKnownUniquelyReferenced(&self.current) { self.fill = 0 }
        if Self.slabSize - self.fill < count { try self.exchange() }
        return (self.current, self.fill)
    }

    /// Keeps the `count` bytes that were written to the last reserved place from being written again.
    mutating func commit(_ count: Int) {
        // Pieces begin at multiples of 16 bytes, as the cipher likes it.
        self.fill = min((self.fill + count + 15) & ~15, Self.slabSize)
    }

    private mutating func exchange() throws(ResourceLimitError) {
        let full = self.current
        if let free = self.takeFree() {
            self.current = free
        } else {
            try self.scope.reserve(.memory(Self.slabSize))
            self.current = ByteStorage(capacity: Self.slabSize)
        }
        self.lent.append(full)
        self.fill = 0
    }

    private mutating func takeFree() -> ByteStorage? {
        for _ in 0..<min(Self.searchLength, self.lent.count) {
            self.cursor = self.cursor + 1 < self.lent.count ? self.cursor + 1 : 0
            if isKnownUniquelyReferenced(&self.lent[self.cursor]) { return self.removeLent(at: self.cursor) }
        }
        return nil
    }

    /// Whether there are more slabs than are kept for the next burst.
    var hasMany: Bool { self.lent.count > Self.keptSlabs }

    /// Lets go of the slabs that nobody holds a piece of, as far as there are many.
    mutating func releaseFree() {
        var index = self.lent.count
        while index > 0, self.hasMany {
            index -= 1
            guard isKnownUniquelyReferenced(&self.lent[index]) else { continue }
            _ = self.removeLent(at: index)
            self.scope.release(.memory(Self.slabSize))
        }
    }

    private mutating func removeLent(at index: Int) -> ByteStorage {
        let slab = self.lent[index]
        self.lent.swapAt(index, self.lent.count - 1)
        self.lent.removeLast()
        if self.cursor >= self.lent.count { self.cursor = 0 }
        return slab
    }
}
