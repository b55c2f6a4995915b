import Bytes
import TestSupport
import Testing

@testable import Identify

@Suite struct IdentifyMessageReaderTests {
    /// A message that takes `size` bytes.
    private func message(size: Int) -> Bytes {
        var message = IdentifyMessage()
        // The field's number, and its length of two bytes.
        message.agentVersion = String(repeating: "a", count: size - 3)
        #expect(message.bytes.count == size)
        return message.bytes
    }

    private func read(_ bytes: Bytes, pieces: Int = .max) throws -> IdentifyMessageReader {
        var reader = IdentifyMessageReader()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + min(pieces, bytes.count))
            try bytes[start..<end].withUnsafeBytes { try reader.receive($0) }
            start = end
        }
        return reader
    }

    @Test(arguments: [1, 2, 3, 7, 128, 1_000]) func `messages may come in pieces of any size`(pieces: Int) throws {
        var first = IdentifyMessage()
        first.protocols = ["/a", "/b"]
        first.agentVersion = String(repeating: "x", count: 300)
        var second = IdentifyMessage()
        second.signedRecord = Bytes(repeatElement(7, count: 200))
        let bytes = Bytes(Array(first.bytes.lengthPrefixed) + Array(second.bytes.lengthPrefixed))
        let reader = try self.read(bytes, pieces: pieces)
        #expect(reader.isComplete)
        #expect(reader.message.protocols == ["/a", "/b"])
        #expect(reader.message.signedRecord?.count == 200)
    }

    @Test func `an answer is complete between messages only`() throws {
        let bytes = self.message(size: 200).lengthPrefixed
        var completeAt: [Int] = []
        var reader = IdentifyMessageReader()
        for index in bytes.indices {
            try bytes[index..<index + 1].withUnsafeBytes { try reader.receive($0) }
            if reader.isComplete { completeAt.append(index) }
        }
        #expect(completeAt == [bytes.count - 1])
        #expect(!IdentifyMessageReader().isComplete)
    }

    @Test func `a message may have 8 KiB and no more`() throws {
        #expect(try self.read(self.message(size: 8_192).lengthPrefixed).isComplete)
        let tooLong = self.message(size: 8_193).lengthPrefixed
        #expect(throws: IdentifyError.messageTooLong(limit: 8_192)) { try self.read(tooLong) }
    }

    @Test func `a length that is too long is refused before the message comes`() {
        var writer = BytesWriter()
        writer.writeVarint(1 << 62)
        let bytes = writer.finish()
        #expect(throws: IdentifyError.messageTooLong(limit: 8_192)) { try self.read(bytes) }
    }

    @Test(arguments: [[0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]] as [Bytes])
    func `a malformed length is refused`(bytes: Bytes) {
        #expect(throws: IdentifyError.self) { try self.read(bytes) }
    }

    @Test func `ten messages are merged, and an eleventh is refused`() throws {
        var message = IdentifyMessage()
        message.protocols = ["/p"]
        let ten = Bytes((0..<10).flatMap { _ in Array(message.bytes.lengthPrefixed) })
        #expect(try self.read(ten).message.protocols.count == 10)
        let eleven = Bytes(Array(ten) + Array(message.bytes.lengthPrefixed))
        #expect(throws: IdentifyError.tooManyMessages(limit: 10)) { try self.read(eleven) }
        #expect(throws: IdentifyError.tooManyMessages(limit: 10)) {
            try self.read(Bytes(repeatElement(0, count: 65_536)))
        }
    }

    @Test func `ten messages of 8 KiB of short protocols keep 1,024 protocols`() throws {
        var message = IdentifyMessage()
        message.protocols = (0..<1_600).map { _ in "/ab" }
        let part = message.bytes.lengthPrefixed
        #expect(part.count <= 8_194)
        let reader = try self.read(Bytes((0..<10).flatMap { _ in Array(part) }), pieces: 4_096)
        #expect(reader.isComplete)
        #expect(reader.message.protocols.count == 1_024)
    }

    @Test func `bytes that are no protobuf are refused`() {
        #expect(throws: IdentifyError.malformed(.invalidTag)) { try self.read(([0, 0] as Bytes).lengthPrefixed) }
    }

    @Test func `no bytes of a peer trap the reader`() {
        var generator = SeededGenerator(seed: 17)
        var accepted = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...40, using: &generator)
            let body = Bytes((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            let bytes = Bool.random(using: &generator) ? body.lengthPrefixed : body
            if (try? self.read(bytes))?.isComplete == true { accepted += 1 }
        }
        #expect(accepted > 0)
    }
}
