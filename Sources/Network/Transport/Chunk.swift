public import Bytes

/// A piece of a stream's data while a handler looks at it.
///
/// The bytes stand in memory of the loop that is used again afterwards: what a handler keeps, it takes out as `bytes`.
public struct Chunk: ~Copyable {
    @usableFromInline let storage: ByteStorage
    @usableFromInline let offset: Int
    /// How many bytes the piece has: at least one.
    public let count: Int

    /// Chunks of at most this many bytes are copied when they are kept, so that they do not keep 64 KiB alive.
    static let copyLimit = 4_096

    @inlinable package init(storage: ByteStorage, offset: Int, count: Int) {
        self.storage = storage
        self.offset = offset
        self.count = count
    }

    /// Lets `body` read the bytes in place.
    @inlinable public func withUnsafeBytes<Result, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Result
    ) throws(E) -> Result {
        try body(
            UnsafeRawBufferPointer(rebasing: self.storage.unsafeMutableBytes[self.offset..<self.offset + self.count]))
    }

    /// The bytes to keep: shared memory for large chunks, a copy of small ones.
    public var bytes: Bytes {
        guard self.count > Self.copyLimit else { return self.withUnsafeBytes { Bytes(copying: $0) } }
        return Bytes(sharing: self.storage, offset: self.offset, count: self.count)
    }

    /// What is left of the chunk behind its first `count` bytes.
    package func dropping(_ count: Int) -> Chunk {
        precondition(count >= 0 && count <= self.count)
        return Chunk(storage: self.storage, offset: self.offset + count, count: self.count - count)
    }
}
