import Bytes
import TestSupport
import Testing

struct BytesReaderTests {
    @Test func `integers are read in both orders`() throws {
        var reader = BytesReader([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as Bytes)
        #expect(try reader.readUInt8() == 1)
        #expect(try reader.readInteger(UInt16.self) == 0x0203)
        #expect(try reader.readInteger() as UInt32 == 0x0405_0607)
        #expect(try reader.readLittleEndian(UInt32.self) == 0x0b0a_0908)
        #expect(reader.position == 11)
        #expect(reader.remaining == 4)
        #expect(reader.isAtEnd == false)
        #expect(reader.readRest() == [12, 13, 14, 15])
        #expect(reader.isAtEnd == true)
        #expect(reader.readRest() == [])
    }

    @Test func `no read passes the end, and the position stays where it was`() {
        for count in 0..<8 {
            let bytes = Bytes(repeatElement(0xff, count: count))
            var reader = BytesReader(bytes)
            if count == 0 { #expect(throws: BytesError.truncated) { try reader.readUInt8() } }
            if count < 2 { #expect(throws: BytesError.truncated) { try reader.readInteger(UInt16.self) } }
            if count < 4 { #expect(throws: BytesError.truncated) { try reader.readLittleEndian(UInt32.self) } }
            #expect(throws: BytesError.truncated) { try reader.readInteger(UInt64.self) }
            for length in [count + 1, .max, -1, .min] {
                #expect(throws: BytesError.truncated) { try reader.skip(length) }
                #expect(throws: BytesError.truncated) { try reader.readBytes(length) }
                #expect(throws: BytesError.truncated) { _ = try reader.readUnsafe(length).count }
            }
            #expect(throws: BytesError.truncated) { try reader.readVarint(.protobuf) }
            #expect(reader.position == 0)
            #expect(reader.remaining == count)
        }
    }

    @Test func `what is read of bytes shares their memory and of raw memory does not`() throws {
        let bytes = Bytes(0..<50)
        var reader = BytesReader(bytes[10..<40])
        try reader.skip(5)
        let part = try reader.readBytes(5)
        #expect(part == [15, 16, 17, 18, 19])
        #expect(part.retainedCapacity == 50)
        try bytes.withUnsafeBytes { memory in
            var reader = BytesReader(unsafe: memory)
            try reader.skip(15)
            let copy = try reader.readBytes(5)
            #expect(copy == part)
            #expect(copy.retainedCapacity == 5)
            #expect(try reader.readUnsafe(2).elementsEqual([20, 21]))
        }
    }

    @Test func `a reader keeps the bytes that it reads alive`() throws {
        func reader() -> BytesReader { BytesReader(Bytes((0..<5_000).map { UInt8(truncatingIfNeeded: $0) })) }
        var first = reader()
        var second = reader()
        for index in 0..<5_000 {
            #expect(try first.readUInt8() == UInt8(truncatingIfNeeded: index))
            #expect(try second.readBytes(1) == [UInt8(truncatingIfNeeded: index)])
        }
    }

    @Test func `a length above the limit is refused before the bytes are awaited`() throws {
        for length in [11, 1 << 20, 1 << 62] as [UInt64] {
            var reader = BytesReader(Bytes(Varint.encode(length)))
            #expect(throws: BytesError.limitExceeded(limit: 10)) { try reader.readLengthPrefixed(limit: 10) }
            #expect(reader.position == 0)
        }
        var largest = BytesReader(Bytes(Varint.encode(.max)))
        #expect(throws: BytesError.limitExceeded(limit: .max)) {
            try largest.readLengthPrefixed(limit: .max, format: .protobuf)
        }
    }

    @Test func `a message that is not complete is read again with more input`() throws {
        let message = Bytes((0..<200).map { UInt8($0) })
        let framed = message.lengthPrefixed
        #expect(framed.count == 202)
        for count in 0..<framed.count {
            var reader = BytesReader(framed[..<count])
            #expect(throws: BytesError.truncated) { try reader.readLengthPrefixed(limit: 200) }
            #expect(reader.position == 0)
        }
        var reader = BytesReader(framed)
        #expect(try reader.readLengthPrefixed(limit: 200) == message)
        #expect(reader.isAtEnd == true)
    }

    @Test func `what a writer writes a reader reads`() throws {
        var generator = SeededGenerator(seed: 14)
        for _ in 0..<300 {
            var writer = BytesWriter()
            let small = UInt8.random(in: .min ... .max, using: &generator)
            let number = UInt64.random(in: 0...Varint.maximum, using: &generator)
            let integer = Int32.random(in: .min ... .max, using: &generator)
            let bytes = generator.bytes(count: 0...300)
            writer.write(small)
            writer.writeVarint(number)
            writer.writeInteger(integer)
            writer.writeLengthPrefixed(bytes)
            bytes.withUnsafeBytes { writer.write($0) }
            writer.write(bytes.lazy.map { ~$0 })
            #expect(writer.count == writer.finish().count)
            var reader = BytesReader(writer.finish())
            #expect(try reader.readUInt8() == small)
            #expect(try reader.readVarint() == number)
            #expect(try reader.readInteger(Int32.self) == integer)
            #expect(try reader.readLengthPrefixed(limit: 300) == bytes)
            #expect(try reader.readBytes(bytes.count) == bytes)
            #expect(reader.readRest() == Bytes(bytes.map { ~$0 }))
        }
    }
}
