/// One allocation of raw memory that never moves, shared by the `Bytes` that are slices of it.
///
/// Whoever creates a storage may fill it through `unsafeMutableBytes` before it hands out a `Bytes` of that range, and
/// may go on filling ranges that were not handed out yet. When `isKnownUniquelyReferenced` says that no slice is left,
/// the creator may fill it anew: this is how an event loop recycles the slabs that it decrypts into.
public final class ByteStorage: Sendable {
    @usableFromInline let base: UncheckedSendable<UnsafeMutableRawPointer>
    public let capacity: Int

    /// Allocates `capacity` bytes of memory with undefined content.
    public init(capacity: Int) {
        self.base = UncheckedSendable(.allocate(byteCount: max(capacity, 1), alignment: 16))
        self.capacity = capacity
    }

    deinit { self.base.value.deallocate() }

    /// The whole memory, for the creator to fill (see the type's rule).
    @inlinable public var unsafeMutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: self.base.value, count: self.capacity)
    }
}
