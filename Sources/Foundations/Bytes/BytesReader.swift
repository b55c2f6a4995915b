/// A cursor over bytes that never reads past their end.
///
/// It reads either `Bytes`, whose memory it then keeps alive, or raw memory, which must outlive it.
public struct BytesReader: ~Copyable {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let end: Int
    @usableFromInline let owner: Bytes?
    @usableFromInline var cursor: Int

    /// Reads memory that must stay valid and unchanged while the reader is used.
    @inlinable public init(unsafe memory: UnsafeRawBufferPointer) {
        self.base = memory.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        self.end = memory.count
        self.owner = nil
        self.cursor = 0
    }

    /// Reads `bytes`; what `readBytes` returns shares their memory.
    public init(_ bytes: Bytes) {
        self.base = bytes.withUnsafeBytes { $0.baseAddress } ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        self.end = bytes.count
        self.owner = bytes
        self.cursor = 0
    }

    /// How many bytes were read.
    @inlinable public var position: Int { self.cursor }
    /// How many bytes are left.
    @inlinable public var remaining: Int { self.end - self.cursor }
    @inlinable public var isAtEnd: Bool { self.cursor == self.end }

    /// The byte `distance` behind the position; the caller has checked that it exists.
    @inlinable func peek(at distance: Int) -> UInt8 {
        assert(distance < self.remaining)
        return self.base.load(fromByteOffset: self.cursor + distance, as: UInt8.self)
    }

    @inlinable mutating func advance(_ count: Int) {
        assert(count >= 0 && count <= self.remaining)
        self.cursor += count
    }

    /// Passes over `count` bytes.
    @inlinable public mutating func skip(_ count: Int) throws(BytesError) {
        guard count >= 0, count <= self.remaining else { throw .truncated }
        self.cursor += count
    }

    @inlinable public mutating func readUInt8() throws(BytesError) -> UInt8 {
        guard self.remaining >= 1 else { throw .truncated }
        defer { self.cursor += 1 }
        return self.peek(at: 0)
    }

    /// The next integer, big-endian.
    @inlinable public mutating func readInteger<T: FixedWidthInteger>(_: T.Type = T.self) throws(BytesError) -> T {
        let size = MemoryLayout<T>.size
        guard self.remaining >= size else { throw .truncated }
        let value = T(bigEndian: self.base.loadUnaligned(fromByteOffset: self.cursor, as: T.self))
        self.cursor += size
        return value
    }

    /// The next integer, little-endian.
    @inlinable public mutating func readLittleEndian<T: FixedWidthInteger>(
        _: T.Type = T.self
    ) throws(BytesError) -> T {
        try self.readInteger(T.self).byteSwapped
    }

    /// The next `count` bytes in place; valid as long as the memory that is read.
    @inlinable public mutating func readUnsafe(_ count: Int) throws(BytesError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= self.remaining else { throw .truncated }
        defer { self.cursor += count }
        return UnsafeRawBufferPointer(start: self.base + self.cursor, count: count)
    }

    /// The next `count` bytes, sharing the memory of the `Bytes` that are read, or a copy of raw memory.
    public mutating func readBytes(_ count: Int) throws(BytesError) -> Bytes {
        guard let owner = self.owner else { return Bytes(copying: try self.readUnsafe(count)) }
        let start = self.cursor
        try self.skip(count)
        return owner[start..<self.cursor]
    }

    /// All that is left.
    public mutating func readRest() -> Bytes {
        (try? self.readBytes(self.remaining)) ?? Bytes()
    }

    /// The bytes behind a varint that says how many they are, which may be at most `limit`.
    ///
    /// On an error the position is where it was, so that the same read can be tried again with more input.
    public mutating func readLengthPrefixed(
        limit: Int, format: Varint.Format = .minimal
    ) throws(BytesError) -> Bytes {
        let start = self.cursor
        let length = try self.readLength(limit: limit, format: format)
        guard length <= self.remaining else {
            self.cursor = start
            throw .truncated
        }
        return try self.readBytes(length)
    }
}
