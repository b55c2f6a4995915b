/// Why a protobuf message could not be read.
public enum ProtobufError: Error, Hashable, Sendable {
    /// The message ends inside a field, or a varint is malformed.
    case malformed(BytesError)
    /// A field number of 0 or above 2^29 - 1, or a wire type that does not exist.
    case invalidTag
    /// A field has another wire type than its number stands for.
    case wrongType(field: Int)
    /// Groups are nested deeper than 32, or a group ends that did not begin, or does not end.
    case invalidGroup
    /// A field that the message cannot do without is missing.
    case missing(field: Int)
    /// A field has a value outside its range, or occurs too often.
    case invalidValue(field: Int)
}

extension ProtobufError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let cause): "the message is malformed: \(cause)"
        case .invalidTag: "the message has an invalid field tag"
        case .wrongType(let field): "field \(field) of the message has the wrong type"
        case .invalidGroup: "the message has an unmatched or too deeply nested group"
        case .missing(let field): "field \(field) of the message is missing"
        case .invalidValue(let field): "field \(field) of the message has an invalid value"
        }
    }
}

/// One field of a protobuf message: its number and its value.
public struct ProtobufField: Sendable {
    public enum Value: Hashable, Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(Bytes)
        case fixed32(UInt32)
    }

    public let number: Int
    public let value: Value

    /// The value of a `uint64`, `uint32`, `enum` or `bool` field.
    public func uint64() throws(ProtobufError) -> UInt64 {
        guard case .varint(let value) = self.value else { throw .wrongType(field: self.number) }
        return value
    }

    public func bool() throws(ProtobufError) -> Bool { try self.uint64() != 0 }

    /// The value of a `bytes` field or the encoding of a message field.
    public func bytes() throws(ProtobufError) -> Bytes {
        guard case .bytes(let value) = self.value else { throw .wrongType(field: self.number) }
        return value
    }

    /// The value of a `string` field.
    public func string() throws(ProtobufError) -> String {
        guard let text = try self.bytes().utf8Text else { throw .malformed(.invalidText) }
        return text
    }
}

/// Reads the fields of one protobuf message in the order in which they stand (protobuf.dev, "Encoding").
///
/// Nothing is allocated by a length that a peer claims: a field of bytes is a slice of the message. Groups are passed
/// over, as every field is whose number the caller does not know.
public struct ProtobufReader: ~Copyable {
    private var reader: BytesReader
    private static let maximumGroupDepth = 32

    public init(_ message: Bytes) {
        self.reader = BytesReader(message)
    }

    /// The next field, or nil at the end of the message.
    public mutating func next() throws(ProtobufError) -> ProtobufField? {
        // The numbers of the groups that the position is inside of; empty, and not allocated, in nearly every message.
        var groups: [UInt64] = []
        while !self.reader.isAtEnd {
            let tag = try self.malformed { reader throws(BytesError) in try reader.readVarint(.protobuf) }
            guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw .invalidTag }
            switch tag & 7 {
            case 3:
                guard Defence.protobufGroups.holds(groups.count < Self.maximumGroupDepth) else { throw .invalidGroup }
                groups.append(tag >> 3)
            case 4:
                guard groups.popLast() == tag >> 3 else { throw .invalidGroup }
            case let wireType:
                let value = try self.readValue(wireType: wireType)
                if groups.isEmpty { return ProtobufField(number: Int(tag >> 3), value: value) }
            }
        }
        guard groups.isEmpty else { throw .invalidGroup }
        return nil
    }

    private mutating func readValue(wireType: UInt64) throws(ProtobufError) -> ProtobufField.Value {
        let value = try self.malformed { reader throws(BytesError) -> ProtobufField.Value? in
            switch wireType {
            case 0: return .varint(try reader.readVarint(.protobuf))
            case 1: return .fixed64(try reader.readLittleEndian())
            case 2: return .bytes(try reader.readLengthPrefixed(limit: .max, format: .protobuf))
            case 5: return .fixed32(try reader.readLittleEndian())
            default: return nil
            }
        }
        guard let value else { throw .invalidTag }
        return value
    }

    private mutating func malformed<Value>(
        _ read: (inout BytesReader) throws(BytesError) -> Value
    ) throws(ProtobufError) -> Value {
        do {
            return try read(&self.reader)
        } catch {
            throw .malformed(error)
        }
    }
}
