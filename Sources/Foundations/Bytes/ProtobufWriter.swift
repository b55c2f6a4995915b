/// Writes the fields of one protobuf message (protobuf.dev, "Encoding"), in the order of the calls.
public struct ProtobufWriter: Sendable {
    private var writer: BytesWriter

    public init(reserving capacity: Int = 0) {
        self.writer = BytesWriter(reserving: capacity)
    }

    /// What was written so far.
    public func finish() -> Bytes { self.writer.finish() }

    public mutating func write(_ field: Int, varint value: UInt64) {
        self.writeTag(field, wireType: 0)
        self.writer.writeVarint(value)
    }

    public mutating func write(_ field: Int, bool value: Bool) {
        self.write(field, varint: value ? 1 : 0)
    }

    public mutating func write(_ field: Int, bytes value: some Collection<UInt8>) {
        self.writeTag(field, wireType: 2)
        self.writer.writeLengthPrefixed(value)
    }

    public mutating func write(_ field: Int, string value: String) {
        self.write(field, bytes: Array(value.utf8))
    }

    /// Writes a message field whose content `body` writes.
    public mutating func write(_ field: Int, message body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        self.write(field, bytes: inner.finish())
    }

    public mutating func write(_ field: Int, fixed64 value: UInt64) {
        self.writeTag(field, wireType: 1)
        self.writer.writeInteger(value.byteSwapped)
    }

    public mutating func write(_ field: Int, fixed32 value: UInt32) {
        self.writeTag(field, wireType: 5)
        self.writer.writeInteger(value.byteSwapped)
    }

    private mutating func writeTag(_ field: Int, wireType: UInt64) {
        precondition(field >= 1 && field < 1 << 29, "a field number is 1 to 2^29 - 1")
        self.writer.writeVarint(UInt64(field) << 3 | wireType)
    }
}
