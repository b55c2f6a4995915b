import Bytes
import Multiformats
import TestSupport
import Testing

@testable import MulticastDNS

struct DNSMessageTests {
    private static func name(_ labels: String...) throws -> DNSName { try DNSName(labels) }

    /// Header of a message with these counts.
    private static func header(
        flags: UInt16 = 0x8400, questions: UInt16 = 0, answers: UInt16 = 0, additionals: UInt16 = 0
    ) -> [UInt8] {
        var writer = BytesWriter()
        for number in [0, flags, questions, answers, 0, additionals] { writer.writeInteger(number) }
        return writer.bytes
    }

    @Test func `the query for peers is the bytes that rust-libp2p sends`() {
        var message = DNSMessage(isResponse: false)
        message.questions = [DNSQuestion(MDNSNames.service, .pointer)]
        let expected =
            [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + [4] + Array("_p2p".utf8) + [4] + Array("_udp".utf8) + [5]
            + Array("local".utf8) + [0, 0, 12, 0, 1]
        #expect(Array(message.bytes) == expected)
    }

    @Test func `a message that is written is read again as it was`() throws {
        let instance = try Self.name("abc", "_p2p", "_udp", "local")
        var message = DNSMessage(isResponse: true)
        message.answers = [DNSRecord(MDNSNames.service, timeToLive: 360, .pointer(instance))]
        message.additionals = [
            DNSRecord(
                instance, isUnique: true, timeToLive: 360,
                .texts([Bytes(utf8: "dnsaddr=x"), Bytes(), Bytes(repeatElement(7, count: 255))])),
            DNSRecord(
                instance, timeToLive: 1,
                .service(priority: 1, weight: 2, port: 4001, target: try Self.name("abc", "local"))),
            DNSRecord(try Self.name("abc", "local"), timeToLive: 0, .address(.v4(.loopback))),
            DNSRecord(try Self.name("abc", "local"), timeToLive: .max, .address(.v6(.loopback))),
            DNSRecord(instance, timeToLive: 2, .other(DNSType(rawValue: 47), [1, 2, 3])),
        ]
        #expect(try DNSMessage(reading: message.bytes) == message)
    }

    @Test func `compressed names are read, in any case`() throws {
        // The answer's name is at 12; its data is "peer" and a pointer to it, and the additional record points at that.
        let bytes =
            Self.header(answers: 1, additionals: 1) + [4] + Array("_P2P".utf8) + [4] + Array("_udp".utf8) + [5]
            + Array("LOCAL".utf8) + [0, 0, 12, 0x80, 1, 0, 0, 0, 9, 0, 7, 4] + Array("peer".utf8) + [0xc0, 12]
            + [0xc0, 39, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 1, 65]
        let message = try DNSMessage(reading: Bytes(bytes))
        let instance = try Self.name("peer", "_p2p", "_udp", "local")
        #expect(
            message.answers == [
                DNSRecord(MDNSNames.service, isUnique: true, timeToLive: 9, .pointer(instance))
            ])
        #expect(message.additionals == [DNSRecord(instance, timeToLive: 9, .texts([Bytes(utf8: "A")]))])
    }

    @Test(arguments: [
        (name: [0xc0, 12] as [UInt8], error: DNSError.invalidPointer),  // itself
        (name: [0xc0, 14], error: .invalidPointer),  // forward
        (name: [1, 97, 0xc0, 12], error: .invalidPointer),  // in front of its own labels
        (name: [0xc0], error: .truncated),
        (name: [5, 97], error: .truncated),
        (name: [], error: .truncated),
        (name: [0x80, 0], error: .invalidName),  // a kind of label that does not exist
        (name: [0x40, 0], error: .invalidName),
    ])
    func `a name that is none is an error`(_ name: [UInt8], _ error: DNSError) {
        #expect(throws: error) {
            _ = try DNSMessage(reading: Bytes(Self.header(flags: 0, questions: 1) + name))
        }
    }

    @Test func `a name of more than 255 bytes is an error, however it is put together`() throws {
        let label = [63] + [UInt8](repeating: 97, count: 63)
        let long = label + label + label + [61] + [UInt8](repeating: 97, count: 61) + [0]
        let longest = Self.header(flags: 0, questions: 1) + long + [0, 12, 0, 1]
        #expect(try DNSMessage(reading: Bytes(longest)).questions.count == 1)
        let second = Self.header(flags: 0, questions: 2) + long + [0, 12, 0, 1, 1, 97, 0xc0, 12, 0, 12, 0, 1]
        #expect(throws: DNSError.invalidName) { _ = try DNSMessage(reading: Bytes(second)) }
    }

    @Test func `pointers to pointers are followed so far and no further`() throws {
        // Each question's name is a pointer to the name in front of it.
        func message(_ count: Int) -> Bytes {
            var bytes = Self.header(flags: 0, questions: UInt16(count)) + [0, 0, 12, 0, 1]
            var previous = 12
            for _ in 1..<count {
                let here = bytes.count
                bytes += [0xc0, UInt8(previous), 0, 12, 0, 1]
                previous = here
            }
            return Bytes(bytes)
        }
        #expect(try DNSMessage(reading: message(MDNSLimits.pointers + 1)).questions.count == MDNSLimits.pointers + 1)
        #expect(throws: DNSError.invalidPointer) {
            _ = try DNSMessage(reading: message(MDNSLimits.pointers + 2))
        }
    }

    @Test func `sizes and counts are bounded before anything is read`() {
        #expect(throws: DNSError.messageTooLong) {
            _ = try DNSMessage(reading: Bytes(repeatElement(0, count: 65_536)))
        }
        #expect(throws: DNSError.tooManyRecords) {
            _ = try DNSMessage(reading: Bytes(Self.header(answers: .max, additionals: .max)))
        }
        #expect(throws: DNSError.tooManyRecords) {
            _ = try DNSMessage(reading: Bytes(Self.header(questions: .max)))
        }
        // As many as are announced must be there.
        #expect(throws: DNSError.truncated) {
            _ = try DNSMessage(reading: Bytes(Self.header(answers: UInt16(MDNSLimits.records))))
        }
    }

    @Test(arguments: [0x0800, 0x7800, 0x8003, 0x0001] as [UInt16])
    func `what is no plain query or response is an error`(_ flags: UInt16) {
        #expect(throws: DNSError.unsupportedMessage) {
            _ = try DNSMessage(reading: Bytes(Self.header(flags: flags)))
        }
    }

    @Test(
        arguments: [
            (16, [5, 65]), (1, [1, 2, 3]), (28, [1]), (12, [3, 97, 97]), (33, [0, 0, 0, 0, 0]),
        ] as [(UInt8, [UInt8])])
    func `data that ends too early does not reach into the next record`(_ type: UInt8, _ data: [UInt8]) {
        let record = [0, 0, type, 0, 1, 0, 0, 0, 9, 0, UInt8(data.count)] + data
        #expect(throws: DNSError.self) {
            _ = try DNSMessage(reading: Bytes(Self.header(answers: 1) + record + [98, 0, 0, 0, 0, 0, 0, 0]))
        }
    }

    @Test func `every cut and random changes are read or refused, and what is read can be written`() throws {
        var generator = SeededGenerator(seed: 6)
        let instance = try Self.name("peer", "_p2p", "_udp", "local")
        var original = DNSMessage(isResponse: true)
        original.answers = [DNSRecord(MDNSNames.service, timeToLive: 360, .pointer(instance))]
        original.additionals = [
            DNSRecord(instance, timeToLive: 360, .texts([Bytes(utf8: "dnsaddr=/ip4/192.0.2.1/tcp/1")]))
        ]
        let bytes = original.bytes
        for end in 0..<bytes.count {
            #expect(throws: DNSError.truncated) { _ = try DNSMessage(reading: bytes[0..<end]) }
        }
        var read = 0
        for _ in 0..<1_000 {
            guard let message = try? DNSMessage(reading: generator.mutated(bytes)) else { continue }
            read += 1
            #expect(try DNSMessage(reading: message.bytes).answers == message.answers)
        }
        #expect(read > 20)
        for _ in 0..<1_000 {
            let tail = generator.bytes(count: 0...80)
            _ = try? DNSMessage(reading: Bytes(Self.header(questions: 1, answers: 1) + Array(tail)))
        }
    }

    @Test func `a name is shown with what is not printable escaped`() throws {
        #expect(MDNSNames.service.description == "_p2p._udp.local")
        #expect(try DNSName(["a.b", "\u{7}"]).description == "a\\046b.\\007")
        #expect(throws: DNSError.invalidName) { _ = try DNSName([""]) }
        #expect(throws: DNSError.invalidName) { _ = try DNSName([String(repeating: "a", count: 64)]) }
    }
}
