import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

@testable import Identify

/// Peers that answer identify with what no decoder should take.
@Suite(.timeLimit(.minutes(1))) struct AttackIdentifyTests {
    /// What the service makes of a peer that answers with `messages`, and the swarm's addresses of the peer.
    private func information(
        answer: @escaping @Sendable (PrivateKey) throws -> [Bytes]
    ) async throws -> (info: IdentifyInfo, addresses: [Multiaddr]) {
        var found: (IdentifyInfo, [Multiaddr])?
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener))
            pair.dialer.handle(IdentifyService.protocolID) { stream in
                for message in try answer(pair.dialer.identity) { try await stream.write(message.lengthPrefixed) }
            }
            let (_, listener) = try await pair.connect()
            found = (try await service.information(of: listener), pair.listener.addresses(of: pair.dialer.localPeer))
        }
        return try #require(found)
    }

    private static func component(_ proto: MultiaddrProtocol, _ value: [UInt8]) -> [UInt8] {
        let length = [MultiaddrProtocol.tcp].contains(proto) ? [] : Varint.encode(UInt64(value.count))
        return Varint.encode(proto.rawValue) + length + value
    }

    /// Addresses that are read as none, each for another reason.
    private static let addresses: [(name: String, bytes: [UInt8])] = [
        ("long", (0..<3).flatMap { _ in component(.dns4, Array(repeating: 0x61, count: 400)) }),
        ("many components", (0..<33).flatMap { _ in component(.tcp, [0, 1]) }),
        ("control characters", component(.dns4, Array("host\n2026-01-01 ERROR forged".utf8))),
        ("long peer ID", component(.p2p, [0, 100] + Array(repeating: 7, count: 100))),
        ("unknown protocol", [0xff, 0xff, 0x03, 1, 2, 3]),
        ("cut", [4, 1, 2]),
        ("nothing", []),
    ]

    @Test(arguments: addresses.map(\.name))
    func `an address that no parser should take is passed over, and the rest is not`(
        name: String
    ) async throws {
        let address = try #require(Self.addresses.first { $0.name == name })
        let (info, addresses) = try await self.information { _ in
            var writer = ProtobufWriter()
            writer.write(2, bytes: Bytes(address.bytes))
            writer.write(6, string: "hostile/1")
            return [writer.finish()]
        }
        #expect(info.agentVersion == "hostile/1")
        #expect(info.listenAddresses.isEmpty)
        #expect(addresses.isEmpty)
    }

    @Test func `groups that are nested without an end are refused, and 4,000 unknown fields are not`() async throws {
        await #expect(throws: IdentifyError.malformed(.invalidGroup)) {
            try await self.information { _ in
                // 100 groups of field 15, each inside the one before, and their ends.
                [Bytes(Array(repeating: 15 << 3 | 3, count: 100) + Array(repeating: 15 << 3 | 4, count: 100))]
            }
        }
        let (info, _) = try await self.information { _ in
            var writer = ProtobufWriter()
            for _ in 0..<4_000 { writer.write(15, varint: 1) }
            writer.write(6, string: "hostile/1")
            return [writer.finish()]
        }
        #expect(info.agentVersion == "hostile/1")
    }

    @Test func `of a record's 700 addresses 500 are read, and 64 are kept to dial`() async throws {
        let (info, addresses) = try await self.information { key in
            let addresses = try (0..<700).map { try Multiaddr("/ip4/1.1.\($0 / 256).\($0 % 256)") }
            let record = PeerRecord(peerID: key.peerID, sequence: 7, addresses: addresses)
            var message = IdentifyMessage()
            message.signedRecord = try record.seal(with: key).bytes
            return [message.bytes]
        }
        #expect(info.signedRecord?.addresses.count == PeerRecord.maximumAddressCount)
        #expect(addresses.count == 64)
    }

    @Test func `ten messages of addresses and protocols leave 500 and 1,024 of them`() async throws {
        let (info, addresses) = try await self.information { _ in
            try (0..<10).map { number in
                var writer = ProtobufWriter()
                for count in 0..<500 {
                    writer.write(2, bytes: try Multiaddr("/ip4/2.\(number).\(count / 256).\(count % 256)").bytes)
                }
                for count in 0..<600 { writer.write(3, string: "/\(count % 10)") }
                return writer.finish()
            }
        }
        #expect(info.listenAddresses.count == 500)
        #expect(info.protocols.count == 1_024)
        #expect(addresses.count == 64)
    }

    @Test func `what a peer says of itself is charged to its connection, and more than it may ends it`() async throws {
        var configuration = SwarmConfiguration()
        var limits = ResourceLimits.unlimited
        limits.connection.memory = 1 << 20
        configuration.limits = limits
        try await withSwarmPair(configuration: configuration) { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener))
            pair.dialer.handle(IdentifyService.protocolID) { stream in
                for part in 0..<10 {
                    var writer = ProtobufWriter()
                    for number in 0..<100 {
                        writer.write(3, string: "/\(part)/\(number)/" + String(repeating: "x", count: 40))
                    }
                    try await stream.write(writer.finish().lengthPrefixed)
                }
            }
            let (_, listener) = try await pair.connect()
            let info = try await service.information(of: listener)
            #expect(info.footprint > 100_000)
            while listener.streamCount > 0 { await Task.yield() }
            let manager = try #require(pair.listener.resources as? ResourceManager)
            #expect(try #require(manager.report.peers.first).use.memory >= info.footprint)
            await listener.loop.perform { listener.keep(2 << 20) }
            guard case .limitReached(let limit) = await listener.waitUntilClosed() else {
                Issue.record("\(String(describing: listener.closeReason))")
                return
            }
            #expect(limit.scope == .connection)
            #expect(manager.report.peers.isEmpty)
        }
    }
}
