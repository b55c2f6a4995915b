/// Unsigned LEB128 integers, in the two dialects that libp2p uses.
public enum Varint {
    /// What a decoder accepts.
    public enum Format: Sendable {
        /// The multiformats' unsigned-varint: at most 9 bytes (63 bits) and in the shortest form.
        case minimal
        /// Protobuf's: at most 10 bytes, of 64 bits, in any form.
        case protobuf
    }

    /// The largest value that `Format.minimal` can carry: 2^63 - 1.
    public static let maximum: UInt64 = (1 << 63) - 1

    /// How many bytes `value` takes, 1 to 10.
    @inlinable public static func length(_ value: UInt64) -> Int {
        value == 0 ? 1 : (64 - value.leadingZeroBitCount + 6) / 7
    }

    /// The shortest form of `value`.
    public static func encode(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(value, to: &bytes)
        return bytes
    }

    /// Appends the shortest form of `value`.
    @inlinable public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}

extension BytesReader {
    /// The next varint; on an error the position is where it was.
    @inlinable public mutating func readVarint(_ format: Varint.Format = .minimal) throws(BytesError) -> UInt64 {
        let maximumLength = format == .minimal ? 9 : 10
        var value: UInt64 = 0
        var length = 0
        while true {
            guard length < self.remaining else { throw .truncated }
            let byte = self.peek(at: length)
            if length == 9, byte > 1 { throw .varintTooLong }
            value |= UInt64(byte & 0x7f) << UInt64(7 * length)
            length += 1
            if byte & 0x80 == 0 {
                if format == .minimal, byte == 0, length > 1 { throw .varintNotMinimal }
                self.advance(length)
                return value
            }
            guard Defence.varintLength.holds(length < maximumLength) else { throw .varintTooLong }
        }
    }

    /// The next varint as a length of at most `limit`; on an error the position is where it was.
    @inlinable public mutating func readLength(
        limit: Int, format: Varint.Format = .minimal
    ) throws(BytesError) -> Int {
        let start = self.cursor
        let value = try self.readVarint(format)
        guard Defence.claimedLength.holds(value <= UInt64(limit)) else {
            self.cursor = start
            throw .limitExceeded(limit: limit)
        }
        return Int(value)
    }
}
