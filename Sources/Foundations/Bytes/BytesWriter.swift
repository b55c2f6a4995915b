/// Builds bytes from integers, varints and other bytes.
public struct BytesWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(reserving capacity: Int = 0) {
        self.bytes.reserveCapacity(capacity)
    }

    public var count: Int { self.bytes.count }

    /// What was written so far, as a copy.
    public func finish() -> Bytes { Bytes(self.bytes) }

    public mutating func write(_ byte: UInt8) {
        self.bytes.append(byte)
    }

    public mutating func write(_ bytes: some Sequence<UInt8>) {
        // A generic sequence is appended byte by byte where it does not say that its bytes lie together.
        if bytes.withContiguousStorageIfAvailable({ self.bytes.append(contentsOf: $0) }) == nil {
            self.bytes.append(contentsOf: bytes)
        }
    }

    public mutating func write(_ memory: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: memory)
    }

    /// Writes an integer big-endian.
    public mutating func writeInteger(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    /// Writes a varint in its shortest form.
    public mutating func writeVarint(_ value: UInt64) {
        Varint.append(value, to: &self.bytes)
    }

    /// Writes how many bytes follow, as a varint, and the bytes.
    public mutating func writeLengthPrefixed(_ bytes: some Collection<UInt8>) {
        self.writeVarint(UInt64(bytes.count))
        self.write(bytes)
    }
}

extension Bytes {
    /// These bytes behind a varint that says how many they are, as libp2p frames its messages.
    public var lengthPrefixed: Bytes {
        var writer = BytesWriter(reserving: self.count + 10)
        writer.writeLengthPrefixed(self)
        return writer.finish()
    }
}
