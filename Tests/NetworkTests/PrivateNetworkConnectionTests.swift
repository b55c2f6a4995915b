import Bytes
import ConnectionUpgrade
import Cryptography
import EventLoop
import Multiformats
import PrivateNetwork
import Swarm
import Testing
import Transport

/// Connections in a private network: whole ones, those between strangers, and what a listener on the wire sees.
@Suite(.timeLimit(.minutes(1))) struct PrivateNetworkConnectionTests {
    private static let echo = "/echo/1.0.0"
    private static let header = Array("\u{13}/multistream/1.0.0\n".utf8)
    private static let proposal = header + Array("\u{7}/noise\n".utf8)
    /// Longer than any of these tests: what ends before did not wait for it.
    private static let patience: Duration = .seconds(600)

    private static func key(_ byte: UInt8) throws -> PrivateNetworkKey {
        try #require(PrivateNetworkKey(Self.keyBytes(byte)))
    }

    private static func keyBytes(_ byte: UInt8) -> Bytes { Bytes([UInt8](repeating: byte, count: 32)) }

    private static func side(
        _ loops: EventLoopGroup, _ key: UInt8?, patience: Duration = patience
    ) async throws -> ConnectionPair.Side {
        let key = try key.map { try Self.key($0) }
        let side = try await ConnectionPair.Side(loops) {
            $0.privateNetwork = key
            $0.handshakeTimeout = patience
        }
        side.protocols.set(
            .task(onLoop: false) { stream in
                for try await chunk in stream { try await stream.write(chunk) }
            }, for: Self.echo)
        return side
    }

    private static func link(_ socket: Socket, _ loops: EventLoopGroup) throws -> RawLink {
        let address = try Multiaddr("/memory/1")
        return RawLink(
            descriptor: socket.descriptor, loop: loops.next(), localAddress: address, remoteAddress: address)
    }

    // MARK: The wire

    @Test func `nothing is in clear on the wire, from the first byte to the last, and all of it is encrypted once`()
        async throws
    {
        try await withEventLoops { loops in
            let sides = (try await Self.side(loops, 1), try await Self.side(loops, 1))
            let tap = try await Wiretap(on: loops.next())
            async let inbound = sides.1.upgrader.upgrade(
                Self.link(tap.ends.1, loops), direction: .inbound, expectedPeer: nil)
            let dialer = try await sides.0.upgrader.upgrade(
                Self.link(tap.ends.0, loops), direction: .outbound, expectedPeer: sides.1.peer)
            let listener = try await inbound
            // More than the kernel takes at once, so that much of it is sent in a second try.
            let data = Bytes((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            let stream = try await dialer.openStream([Self.echo])
            async let answer = stream.readToEnd(limit: data.count)
            for start in stride(from: 0, to: data.count, by: 100_000) {
                try await stream.write(data[start..<min(start + 100_000, data.count)])
            }
            try await stream.closeWrite()
            #expect(try await answer == data)
            await dialer.close(gracePeriod: .seconds(5))
            await listener.close(gracePeriod: .seconds(5))
            let record = await tap.recordAtEnd()
            for sent in [record.first, record.second] {
                #expect(sent.count > data.count)
                try self.expectNoise(sent)
            }
        }
    }

    /// Behind the nonce there is a negotiation and whole Noise messages to the end, once the network's cipher is taken off.
    private func expectNoise(_ sent: [UInt8]) throws {
        #expect(!sent.contains(Self.header))
        let plaintext = try Self.decrypted(sent, key: 1)
        #expect(plaintext.starts(with: Self.proposal))
        var position = Self.proposal.count
        while position + 2 <= plaintext.count {
            position += 2 + (Int(plaintext[position]) << 8 | Int(plaintext[position + 1]))
        }
        #expect(position == plaintext.count)
    }

    private static func decrypted(_ sent: [UInt8], key: UInt8) throws -> [UInt8] {
        try #require(sent.count >= 24)
        var stream = XSalsa20(key: try #require(XSalsa20.Key(Self.keyBytes(key))), nonce: Bytes(sent.prefix(24)))
        var rest = Array(sent.dropFirst(24))
        rest.withUnsafeMutableBytes { stream.apply(to: $0) }
        return rest
    }

    // MARK: Strangers

    /// A listener without a key takes the dialer's nonce for a message, and may wait for the rest of it.
    @Test func `a member that dials a stranger gives up in time, and says why`() async throws {
        try await withEventLoops { loops in
            let member = try await Self.side(loops, 1, patience: .milliseconds(500))
            let stranger = try await Self.side(loops, nil, patience: .milliseconds(500))
            for _ in 0..<5 {
                let sockets = try Socket.pair()
                async let inbound = Self.failure(stranger, Self.link(sockets.1, loops), .inbound)
                let outbound = try await Self.failure(member, Self.link(sockets.0, loops), .outbound)
                #expect("\(outbound)".hasPrefix("the peer is not in this private network, or its key differs: "))
                _ = try await inbound
            }
        }
    }

    @Test(arguments: [(UInt8(1), UInt8?(2)), (nil, 1)] as [(UInt8?, UInt8?)])
    func `two that are not in the same network part at once, and the member says why`(
        _ keys: (UInt8?, UInt8?)
    ) async throws {
        try await withEventLoops { loops in
            let sides = (try await Self.side(loops, keys.0), try await Self.side(loops, keys.1))
            let sockets = try Socket.pair()
            async let inbound = Self.failure(sides.1, Self.link(sockets.1, loops), .inbound)
            let outbound = try await Self.failure(sides.0, Self.link(sockets.0, loops), .outbound)
            for (key, error) in [(keys.0, outbound), (keys.1, try await inbound)] {
                #expect(error != .timedOut(after: Self.patience))
                guard key != nil else { continue }
                #expect("\(error)".hasPrefix("the peer is not in this private network, or its key differs: "))
            }
        }
    }

    private static func failure(
        _ side: ConnectionPair.Side, _ link: RawLink, _ direction: Direction
    ) async throws -> UpgradeError {
        try await #require(throws: UpgradeError.self) {
            _ = try await side.upgrader.upgrade(link, direction: direction, expectedPeer: nil)
        }
    }

    /// What a stranger may begin with, and what it makes of the silence behind it.
    static let openings: [[UInt8]] = [
        [], [0], [UInt8](repeating: 0, count: 24), header, proposal,
        Array("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n".utf8),
        [UInt8](repeating: 0xff, count: 100_000),
    ]

    @Test(arguments: [Direction.outbound, .inbound], openings)
    func `a stranger that closes sees nothing in clear, whatever it said`(
        _ direction: Direction, _ opening: [UInt8]
    ) async throws {
        try await withEventLoops { loops in
            let side = try await Self.side(loops, 1)
            let sockets = try Socket.pair()
            _ = opening.withUnsafeBytes { sockets.1.send($0) }
            try sockets.1.shutdownWrite()
            let error = try await Self.failure(side, Self.link(sockets.0, loops), direction)
            #expect("\(error)".hasPrefix("the peer is not in this private network, or its key differs: "))
            #expect("\(error)".hasSuffix(", or it refused the connection") == opening.isEmpty, "\(error)")
            let seen = Self.everything(from: sockets.1)
            sockets.1.close()
            #expect(!seen.contains(Self.header))
            #expect(seen.count >= 24)
            #expect(Self.proposal.starts(with: try Self.decrypted(seen, key: 1).prefix(Self.proposal.count)))
        }
    }

    /// What was said to it and not read makes the system break the connection where it is closed.
    @Test(arguments: [Direction.outbound, .inbound])
    func `a member that refuses the connection is not told for certain from a stranger`(
        _ direction: Direction
    ) async throws {
        try await withEventLoops { loops in
            let side = try await Self.side(loops, 1)
            let sockets = try Socket.pair()
            let link = try Self.link(sockets.0, loops)
            async let failure = Self.failure(side, link, direction)
            var byte: [UInt8] = [0]
            while case .wouldBlock = byte.withUnsafeMutableBytes({ sockets.1.receive(into: $0) }) { await Task.yield() }
            sockets.1.close()
            let error = "\(try await failure)"
            #expect(error.hasPrefix("the peer is not in this private network, or its key differs: "))
            #expect(error.hasSuffix(" without a byte, or it refused the connection"))
        }
    }

    private static func everything(from socket: Socket) -> [UInt8] {
        var (all, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 65_536))
        while case .bytes(let count) = buffer.withUnsafeMutableBytes({ socket.receive(into: $0) }) {
            all += buffer.prefix(count)
        }
        return all
    }

    @Test(arguments: [[], [1], [UInt8](repeating: 7, count: 23)])
    func `a stranger that says too little is given up after the handshake's time`(_ opening: [UInt8]) async throws {
        try await withEventLoops { loops in
            let key = try Self.key(1)
            let time: Duration = .milliseconds(50)
            let side = try await ConnectionPair.Side(loops) {
                $0.privateNetwork = key
                $0.handshakeTimeout = time
            }
            let sockets = try Socket.pair()
            _ = opening.withUnsafeBytes { sockets.1.send($0) }
            let error = try await Self.failure(side, Self.link(sockets.0, loops), .inbound)
            sockets.1.close()
            #expect("\(error)".hasPrefix("the peer is not in this private network, or its key differs: "))
        }
    }
}
