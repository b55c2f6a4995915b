import Bytes
import Multiformats
import Testing

@testable import Identify

@Suite struct IdentifyMessageTests {
    private func message() throws -> IdentifyMessage {
        var message = IdentifyMessage()
        message.publicKey = [8, 1, 18, 0]
        message.listenAddresses = [try Multiaddr("/ip4/1.2.3.4/tcp/4001"), try Multiaddr("/ip6/::1/tcp/4001")]
        message.protocols = ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"]
        message.observedAddress = try Multiaddr("/ip4/5.6.7.8/tcp/9")
        message.protocolVersion = "ipfs/0.1.0"
        message.agentVersion = "apus/0.1.0"
        message.signedRecord = [1, 2, 3]
        return message
    }

    private func merged(_ messages: Bytes...) throws -> IdentifyMessage {
        var merged = IdentifyMessage()
        for message in messages { try merged.merge(message) }
        return merged
    }

    @Test func `a message is read as it was written`() throws {
        let read = try self.merged(self.message().bytes)
        #expect(read.bytes == (try self.message().bytes))
        #expect(read.protocols == ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"])
        #expect(read.agentVersion == "apus/0.1.0")
        #expect(read.signedRecord == [1, 2, 3])
    }

    @Test func `the fields have the specification's numbers`() throws {
        var numbers: [Int: Int] = [:]
        var reader = ProtobufReader(try self.message().bytes)
        while let field = try reader.next() { numbers[field.number, default: 0] += 1 }
        #expect(numbers == [1: 1, 2: 2, 3: 2, 4: 1, 5: 1, 6: 1, 8: 1])
    }

    @Test func `an empty message says nothing`() throws {
        #expect(try self.merged(Bytes()) == IdentifyMessage())
    }

    @Test func `messages merge as protobuf does: lists grow and single values are replaced`() throws {
        var second = IdentifyMessage()
        second.protocols = ["/extra/1"]
        second.listenAddresses = [try Multiaddr("/ip4/9.9.9.9/tcp/1")]
        second.agentVersion = "newer/2"
        let merged = try self.merged(self.message().bytes, second.bytes)
        #expect(merged.protocols == ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0", "/extra/1"])
        #expect(merged.listenAddresses.count == 3)
        #expect(merged.agentVersion == "newer/2")
        #expect(merged.protocolVersion == "ipfs/0.1.0")
        #expect(merged.signedRecord == [1, 2, 3])
    }

    @Test func `unknown fields and what cannot be read are passed over`() throws {
        var writer = ProtobufWriter()
        writer.write(7, varint: 1)
        writer.write(1_000, bytes: [1, 2] as Bytes)
        writer.write(2, bytes: [0xff, 0xff, 0x03] as Bytes)
        writer.write(3, bytes: [0xc3, 0x28] as Bytes)
        writer.write(3, string: "")
        writer.write(4, bytes: Bytes())
        writer.write(6, bytes: [0xff] as Bytes)
        #expect(try self.merged(writer.finish()).bytes.isEmpty)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 8]) func `a field of the wrong type is refused`(number: Int) {
        var writer = ProtobufWriter()
        writer.write(number, varint: 1)
        let bytes = writer.finish()
        #expect(throws: ProtobufError.wrongType(field: number)) { try self.merged(bytes) }
    }

    @Test func `a truncated message is refused at every length that cuts a field`() throws {
        let bytes = try self.message().bytes
        var failures = 0
        for count in 0..<bytes.count {
            do { _ = try self.merged(bytes[0..<count]) } catch { failures += 1 }
        }
        // Nothing is cut at the start and behind each of the first eight of nine fields.
        #expect(failures == bytes.count - 9)
    }

    @Test(arguments: [1_023, 1_024, 1_025, 16_000]) func `at most 1,024 protocols are kept`(count: Int) throws {
        var message = IdentifyMessage()
        message.protocols = (0..<count).map { "/\($0)" }
        let kept = try self.merged(message.bytes).protocols
        #expect(kept == Array(message.protocols.prefix(1_024)))
    }

    @Test(arguments: [499, 500, 501, 4_000]) func `at most 500 addresses are kept`(count: Int) throws {
        var message = IdentifyMessage()
        message.listenAddresses = (0..<count).map { Multiaddr(.v4(IPv4Address(1, 2, 3, 4)), tcp: UInt16($0)) }
        #expect(try self.merged(message.bytes).listenAddresses == Array(message.listenAddresses.prefix(500)))
    }

    @Test func `addresses that cannot be read count too`() throws {
        var writer = ProtobufWriter()
        for _ in 0..<500 { writer.write(2, bytes: [0xff] as Bytes) }
        writer.write(2, bytes: try Multiaddr("/ip4/1.2.3.4/tcp/1").bytes)
        #expect(try self.merged(writer.finish()).listenAddresses.isEmpty)
    }

    @Test func `the limits hold for merged messages together`() throws {
        var message = IdentifyMessage()
        message.protocols = (0..<1_000).map { "/\($0)" }
        #expect(try self.merged(message.bytes, message.bytes).protocols.count == 1_024)
    }
}
