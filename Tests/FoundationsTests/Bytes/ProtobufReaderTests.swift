import Bytes
import TestSupport
import Testing

struct ProtobufReaderTests {
    /// All fields of a message, or the error that ends it.
    private static func fields(_ message: Bytes) throws(ProtobufError) -> [ProtobufField] {
        var reader = ProtobufReader(message)
        var fields: [ProtobufField] = []
        while let field = try reader.next() { fields.append(field) }
        return fields
    }

    private static func tag(_ field: UInt64, _ wireType: UInt64) -> [UInt8] { Varint.encode(field << 3 | wireType) }

    @Test func `every wire type is read, in the order of the message`() throws {
        let message = Bytes([
            0x08, 0x96, 0x01, 0x11, 1, 0, 0, 0, 0, 0, 0, 0x80, 0x1a, 2, 7, 8, 0x25, 1, 2, 3, 4, 0x08, 0,
        ])
        let fields = try Self.fields(message)
        #expect(fields.map(\.number) == [1, 2, 3, 4, 1])
        #expect(
            fields.map(\.value) == [
                .varint(150), .fixed64(0x8000_0000_0000_0001), .bytes([7, 8]), .fixed32(0x0403_0201), .varint(0),
            ])
        #expect(try Self.fields([]).isEmpty)
    }

    @Test func `a field of bytes is a slice of the message`() throws {
        let message = Bytes([0x0a, 3, 1, 2, 3])
        #expect(try Self.fields(message)[0].bytes().retainedCapacity == message.retainedCapacity)
    }

    @Test func `a field says when it is read as another type than it has`() throws {
        let fields = try Self.fields([0x08, 2, 0x12, 2, 0xc3, 0x28, 0x1d, 0, 0, 0, 0])
        #expect(try fields[0].uint64() == 2)
        #expect(try fields[0].bool())
        #expect(throws: ProtobufError.wrongType(field: 1)) { try fields[0].bytes() }
        #expect(throws: ProtobufError.wrongType(field: 1)) { try fields[0].string() }
        #expect(throws: ProtobufError.wrongType(field: 2)) { try fields[1].uint64() }
        #expect(throws: ProtobufError.malformed(.invalidText)) { try fields[1].string() }
        #expect(throws: ProtobufError.wrongType(field: 3)) { try fields[2].bool() }
    }

    @Test func `a message that ends inside a field is refused wherever it is cut`() throws {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<20 {
            let message = ProtobufSample.random(using: &generator).encoded
            // The ends of the outermost fields are the only places where a shorter message ends well.
            var ends: Set<Int> = [0]
            var reader = ProtobufReader(message)
            var writer = ProtobufWriter()
            while let field = try reader.next() {
                switch field.value {
                case .varint(let value): writer.write(field.number, varint: value)
                case .fixed64(let value): writer.write(field.number, fixed64: value)
                case .bytes(let value): writer.write(field.number, bytes: value)
                case .fixed32(let value): writer.write(field.number, fixed32: value)
                }
                ends.insert(writer.finish().count)
            }
            #expect(writer.finish() == message)
            for count in 0...message.count {
                if ends.contains(count) {
                    _ = try Self.fields(message[..<count])
                } else {
                    #expect(throws: ProtobufError.malformed(.truncated)) { try Self.fields(message[..<count]) }
                }
            }
        }
    }

    @Test func `10,000 unknown fields are passed over`() throws {
        var writer = ProtobufWriter()
        for index in 0..<10_000 {
            switch index % 4 {
            case 0: writer.write(1_000 + index, varint: .max)
            case 1: writer.write(1_000 + index, fixed64: 1)
            case 2: writer.write(1_000 + index, bytes: Bytes(0..<10))
            default: writer.write(1_000 + index, fixed32: 1)
            }
        }
        writer.write(1, varint: 7)
        let sample = try ProtobufSample(reading: writer.finish())
        #expect(sample.number == 7)
        #expect(try Self.fields(writer.finish()).count == 10_001)
    }

    @Test func `a length of 2^62 is refused before anything is allocated`() {
        for length in [6, 1 << 31, 1 << 62, 1 << 63, .max] as [UInt64] {
            let message = Bytes([0x0a] + Varint.encode(length) + [1, 2, 3, 4, 5])
            #expect(throws: ProtobufError.self) { try Self.fields(message) }
        }
    }

    @Test(arguments: [0, 1 << 29, 1 << 60] as [UInt64]) func `a field number out of range is refused`(number: UInt64) {
        #expect(throws: ProtobufError.invalidTag) { try Self.fields(Bytes(Self.tag(number, 0) + [0])) }
    }

    @Test func `the largest field number is read`() throws {
        #expect(try Self.fields(Bytes(Self.tag(1 << 29 - 1, 0) + [0]))[0].number == 1 << 29 - 1)
    }

    @Test(arguments: [6, 7] as [UInt64]) func `a wire type that does not exist is refused`(wireType: UInt64) {
        #expect(throws: ProtobufError.invalidTag) { try Self.fields(Bytes(Self.tag(1, wireType) + [0])) }
        let inGroup = Bytes(Self.tag(1, 3) + Self.tag(1, wireType) + [0] + Self.tag(1, 4))
        #expect(throws: ProtobufError.invalidTag) { try Self.fields(inGroup) }
    }

    @Test func `groups are passed over with all that is in them`() throws {
        let group = Self.tag(5, 3) + [0x08, 1, 0x12, 1, 9] + Self.tag(6, 3) + Self.tag(6, 4) + Self.tag(5, 4)
        let fields = try Self.fields(Bytes(group + [0x08, 7] + group))
        #expect(fields.map(\.number) == [1])
        #expect(try fields[0].uint64() == 7)
        #expect(try Self.fields(Bytes(group)).isEmpty)
    }

    @Test func `a group that does not end, or ends another, is refused`() {
        let messages = [
            Self.tag(5, 3), Self.tag(5, 3) + [0x08, 1], Self.tag(5, 4), Self.tag(5, 3) + Self.tag(6, 4),
            Self.tag(5, 3) + Self.tag(6, 3) + Self.tag(5, 4) + Self.tag(6, 4),
            Self.tag(5, 3) + Self.tag(5, 4) + Self.tag(5, 4),
        ]
        for message in messages {
            #expect(throws: ProtobufError.invalidGroup) { try Self.fields(Bytes(message)) }
        }
    }

    @Test func `groups are nested 32 deep and no deeper`() throws {
        func nested(_ depth: Int) -> Bytes {
            Bytes((0..<depth).flatMap { _ in Self.tag(1, 3) } + (0..<depth).flatMap { _ in Self.tag(1, 4) })
        }
        #expect(try Self.fields(nested(32)).isEmpty)
        #expect(throws: ProtobufError.invalidGroup) { try Self.fields(nested(33)) }
        #expect(throws: ProtobufError.invalidGroup) { try Self.fields(Bytes(repeatElement(0x0b, count: 1 << 20))) }
    }

    @Test func `random bytes are refused or read, and never more than there are`() {
        var generator = SeededGenerator(seed: 32)
        var readable = 0
        for _ in 0..<20_000 {
            let message = generator.bytes(count: 0...12)
            guard let fields = try? Self.fields(message) else { continue }
            readable += 1
            let length = fields.reduce(0) { sum, field in
                if case .bytes(let bytes) = field.value { sum + bytes.count + 2 } else { sum + 2 }
            }
            #expect(length <= message.count)
        }
        #expect(readable > 500)
    }
}
