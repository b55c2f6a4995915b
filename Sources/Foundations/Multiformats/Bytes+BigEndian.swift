import Bytes

extension Bytes {
    /// The bytes of an integer in network order.
    init(bigEndian value: some FixedWidthInteger) {
        var writer = BytesWriter(reserving: 8)
        writer.writeInteger(value)
        self = writer.finish()
    }

    /// The number whose bytes in network order these are; of more than 8, the last 8 count.
    var bigEndianInteger: UInt64 {
        self.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
