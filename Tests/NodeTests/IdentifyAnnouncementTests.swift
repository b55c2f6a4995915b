import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import Identify

@Suite struct IdentifyAnnouncementTests {
    private static let key = Result { try PrivateKey.generate() }

    private struct Spoken {
        /// The messages as a peer finds them, with their lengths in front.
        var parts: [Bytes] = []
        var message = IdentifyMessage()

        init(_ bytes: Bytes) throws {
            var reader = BytesReader(bytes)
            while !reader.isAtEnd {
                let start = reader.position
                try self.message.merge(try reader.readLengthPrefixed(limit: .max))
                self.parts.append(bytes[start..<reader.position])
            }
        }
    }

    private func announce(
        protocols: [String], addresses: [Multiaddr], key: PrivateKey? = nil, agent: String = "apus/0.1.0",
        observed: String = "/ip4/1.2.3.4/tcp/5", recordSize: Int? = nil
    ) throws -> Spoken {
        let key = try key ?? Self.key.get()
        let announcement = IdentifyAnnouncement(
            publicKey: key.publicKey, protocolVersion: "ipfs/0.1.0", agentVersion: agent, protocols: protocols,
            addresses: addresses
        ) { addresses in
            if let recordSize { return Bytes(repeatElement(1, count: recordSize)) }
            return try? PeerRecord(peerID: key.peerID, sequence: 1, addresses: addresses).seal(with: key).bytes
        }
        return try Spoken(announcement.bytes(observedAddress: Multiaddr(observed)))
    }

    private func addresses(_ count: Int) -> [Multiaddr] {
        (0..<count).map { Multiaddr(.v4(IPv4Address(1, 2, 3, 4)), tcp: UInt16($0 + 1)) }
    }

    @Test func `what fits is said in one message, record included`() throws {
        let protocols = (0..<40).map { "/some/protocol/\($0)" }
        let spoken = try self.announce(protocols: protocols, addresses: self.addresses(20))
        #expect(spoken.parts.count == 1)
        #expect(spoken.message.protocols == protocols)
        #expect(spoken.message.listenAddresses == self.addresses(20))
        #expect(spoken.message.observedAddress == (try Multiaddr("/ip4/1.2.3.4/tcp/5")))
        let record = try PeerRecord.open(#require(spoken.message.signedRecord))
        #expect(record.addresses == self.addresses(20))
    }

    @Test func `a record that does not fit goes behind, in a message of its own`() throws {
        let spoken = try self.announce(protocols: ["/a"], addresses: self.addresses(180))
        #expect(spoken.parts.count == 2)
        #expect(spoken.parts.allSatisfy { $0.count <= 4_096 })
        #expect(spoken.message.listenAddresses.count == 180)
        #expect(try PeerRecord.open(#require(spoken.message.signedRecord)).addresses.count == 180)
        var first = IdentifyMessageReader()
        try spoken.parts[0].withUnsafeBytes { try first.receive($0) }
        #expect(first.message.signedRecord == nil)
    }

    @Test func `a record that no message can hold is left out`() throws {
        let held = try self.announce(protocols: ["/a"], addresses: [], recordSize: 4_091)
        #expect(held.message.signedRecord?.count == 4_091)
        let spoken = try self.announce(protocols: ["/a"], addresses: [], recordSize: 4_092)
        #expect(spoken.message.signedRecord == nil)
        #expect(spoken.parts.count == 1)
    }

    @Test func `addresses of the smallest reach are the first to go`() throws {
        let loopback = (0..<200).map { Multiaddr(.v4(IPv4Address(127, 0, 0, 1)), tcp: UInt16($0 + 1)) }
        let local = (0..<200).map { Multiaddr(.v4(IPv4Address(10, 0, 0, 1)), tcp: UInt16($0 + 1)) }
        let global = self.addresses(200)
        let kept = try self.announce(protocols: [], addresses: loopback + local + global).message.listenAddresses
        #expect(kept.prefix(200).elementsEqual(global))
        #expect(kept.count > 200 && kept.count < 400)
        #expect(kept.dropFirst(200).elementsEqual(local.prefix(kept.count - 200)))
    }

    @Test func `however many protocols there are, addresses have room`() throws {
        let protocols = (0..<1_000).map { "/a/rather/long/protocol/name/\($0)" }
        let spoken = try self.announce(protocols: protocols, addresses: self.addresses(50))
        #expect(spoken.message.listenAddresses.count == 50)
        #expect(spoken.message.protocols.count > 60)
        #expect(spoken.message.protocols.elementsEqual(protocols.prefix(spoken.message.protocols.count)))
    }

    @Test func `an observed address that is too long is left out`() throws {
        let spoken = try self.announce(
            protocols: ["/a"], addresses: [], observed: "/unix/" + String(repeating: "x", count: 300))
        #expect(spoken.message.observedAddress == nil)
        #expect(spoken.message.protocols == ["/a"])
    }

    @Test func `a name that is too long is cut between characters`() throws {
        let spoken = try self.announce(protocols: [], addresses: [], agent: String(repeating: "é", count: 200))
        #expect(spoken.message.agentVersion == String(repeating: "é", count: 128))
    }

    @Test func `every message is within 4,096 bytes whatever there is to say`() throws {
        var generator = SeededGenerator(seed: 48)
        let keys = [try Self.key.get(), try PrivateKey.generate(.rsa)]
        var counts: Set<Int> = []
        for _ in 0..<60 {
            let protocols = (0..<Int.random(in: 0...150, using: &generator)).map { number in
                "/" + String(repeating: "p", count: Int.random(in: 1...120, using: &generator)) + "\(number)"
            }
            let addresses = try (0..<Int.random(in: 0...120, using: &generator)).map { number in
                let name = String(repeating: "d", count: Int.random(in: 1...63, using: &generator))
                return try Multiaddr(number % 3 == 0 ? "/dns4/\(name).org/tcp/\(number)" : "/ip4/1.2.3.4/tcp/\(number)")
            }
            let spoken = try self.announce(
                protocols: protocols, addresses: addresses, key: keys.randomElement(using: &generator),
                observed: "/unix/" + String(repeating: "o", count: Int.random(in: 1...260, using: &generator)))
            #expect(spoken.parts.allSatisfy { $0.count <= 4_096 })
            if let record = spoken.message.signedRecord {
                #expect(try PeerRecord.open(record).addresses == spoken.message.listenAddresses)
            }
            counts.insert(spoken.parts.count)
        }
        #expect(counts == [1, 2])
    }
}
