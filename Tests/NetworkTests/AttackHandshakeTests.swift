import Bytes
import Cryptography
import EventLoop
import PeerIdentity
import Swarm
import TCPTransport
import TestSupport
import Testing
import Transport
import Yamux

@testable import Noise

/// Attacks on the way from a socket to a connection: multistream-select and Noise.
struct AttackHandshakeTests {
    // MARK: multistream-select

    private static let refusals: [(name: String, bytes: [UInt8], reason: String)] = [
        // A varint of 2^62: nothing is allocated for it, and nobody waits for so much.
        ("length of 2^62", Array(repeating: 0x80, count: 8) + [0x40], "more than 1024 bytes"),
        ("length of ten bytes", Array(repeating: 0x80, count: 9) + [1], "malformed"),
        (
            "line of 1 MiB", Array(Varint.encode(1 << 20)) + Array(repeating: 0x61, count: 1 << 20),
            "more than 1024 bytes"
        ),
        (
            "200 proposals", HostilePeer.header + (0..<200).flatMap { HostilePeer.message("/no/\($0)") },
            "without an end"
        ),
        ("listings", HostilePeer.header + (0..<1_000).flatMap { _ in HostilePeer.message("ls") }, "without an end"),
    ]

    @Test(arguments: refusals.map(\.name)) func `a negotiation that asks too much is ended at once`(
        name: String
    ) async throws {
        let refusal = try #require(Self.refusals.first { $0.name == name })
        try await HostileSubject.with { subject in
            let outcome = try await subject.outcome { peer in
                await peer.send(refusal.bytes)
                // Where it is not ended, this ends it, for another reason.
                await peer.closeWrite()
            }
            #expect(outcome.failed(because: refusal.reason), "\(outcome)")
            try await subject.expectHonestPeerIsServed()
        }
    }

    @Test func `nothing but Noise secures a connection`() async throws {
        try await HostileSubject.with { subject in
            let peer = try await subject.connect()
            peer.close(after: .seconds(10))
            await peer.send(HostilePeer.header + HostilePeer.message("/plaintext/2.0.0"))
            let answer = HostilePeer.header + HostilePeer.message("na")
            #expect(try await peer.read(answer.count) == answer)
            await peer.close()
        }
    }

    // MARK: Noise

    /// Goes through the handshake by the rules, and says what `payload` makes of the static key in its last message.
    private static func handshake(
        _ peer: HostilePeer, ephemeral: [UInt8]? = nil, payload: (X25519.PublicKey) throws -> Bytes
    ) async throws {
        var random = SystemRandom()
        let staticKey = X25519.PrivateKey(using: &random)
        let cipher = try ChaChaPolyContext()
        var state = HandshakeState(
            role: .initiator, prologue: Bytes(), staticKey: staticKey, staticPublicKey: staticKey.publicKey,
            ephemeralKey: X25519.PrivateKey(using: &random))
        let first = try state.writeMessage(payload: Bytes(), using: cipher)
        await peer.send(HostilePeer.header + HostilePeer.noise + Self.framed(ephemeral ?? Array(first)))
        guard ephemeral == nil else { return }
        _ = try await peer.read(HostilePeer.header.count + HostilePeer.noise.count)
        let length = try await peer.read(2)
        let second = try await peer.read(Int(length[0]) << 8 | Int(length[1]))
        _ = try state.readMessage(Bytes(second), using: cipher)
        let third = try state.writeMessage(payload: payload(staticKey.publicKey), using: cipher)
        await peer.send(Self.framed(Array(third)))
    }

    private static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
    }

    /// A payload with this key, signature and these muxers.
    private static func payload(key: Bytes, signature: Bytes, muxers: [String] = ["/yamux/1.0.0"]) -> Bytes {
        NoiseHandshakePayload(identityKey: key, signature: signature, streamMuxers: muxers).bytes
    }

    @Test func `a static key that the identity has not signed for this purpose is refused`() async throws {
        let identity = try PrivateKey.generate(.ed25519)
        let other = try PrivateKey.generate(.ed25519)
        try await HostileSubject.with { subject in
            for signer in [other, identity] {
                let outcome = try await subject.outcome { peer in
                    try await Self.handshake(peer) { key in
                        let message = NoiseIdentity.signedMessage(staticKey: key)
                        // Another's signature, or one for another purpose.
                        let isOther = signer.peerID == other.peerID
                        let elsewhere = Bytes(Array("libp2p-peer-record:".utf8) + Array(key.bytes))
                        return Self.payload(
                            key: identity.publicKey.protobuf,
                            signature: try signer.sign(isOther ? message : elsewhere))
                    }
                }
                #expect(outcome.failed(because: "signature"), "\(outcome)")
            }
        }
    }

    @Test func `more than a hundred muxers are refused, also where a good one is among them`() async throws {
        let identity = try PrivateKey.generate(.ed25519)
        try await HostileSubject.with { subject in
            let outcome = try await subject.outcome { peer in
                try await Self.handshake(peer) { key in
                    Self.payload(
                        key: identity.publicKey.protobuf,
                        signature: try identity.sign(NoiseIdentity.signedMessage(staticKey: key)),
                        muxers: ["/yamux/1.0.0"] + (0..<1_000).map { "/muxer/\($0)" })
                }
            }
            #expect(outcome.failed(because: "muxers"), "\(outcome)")
        }
    }

    @Test func `a key of small order ends the handshake`() async throws {
        try await HostileSubject.with { subject in
            let outcome = try await subject.outcome { peer in
                try await Self.handshake(peer, ephemeral: Array(repeating: 0, count: 32)) { _ in Bytes() }
                await peer.closeWrite()
            }
            #expect(outcome.failed(because: "worthless"), "\(outcome)")
        }
    }

    /// The protobuf of an RSA key whose modulus has so many bits and no known factors.
    private static func rsaKey(bits: Int) -> Bytes {
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            let length: [UInt8] =
                count < 0x80
                ? [UInt8(count)]
                : count < 0x100 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xff)]
            return [tag] + length + content
        }
        let modulus = element(2, [0] + Array(repeating: 0xff, count: bits / 8))
        let numbers = element(0x30, modulus + element(2, [1, 0, 1]))
        let algorithm: [UInt8] = [
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        var writer = ProtobufWriter()
        writer.write(1, varint: KeyType.rsa.rawValue)
        writer.write(2, bytes: Bytes(element(0x30, algorithm + element(3, [0] + numbers))))
        return writer.finish()
    }

    /// The check comes before any arithmetic: what a signature by such a key costs is not paid.
    @Test(arguments: [(1_024, "has 1024 bits"), (16_384, "longer than")])
    func `an RSA key that is too small or too large is refused before its signature is looked at`(
        bits: Int, reason: String
    ) async throws {
        try await HostileSubject.with { subject in
            let outcome = try await subject.outcome { peer in
                try await Self.handshake(peer) { _ in
                    Self.payload(key: Self.rsaKey(bits: bits), signature: Bytes(repeatElement(1, count: bits / 8)))
                }
            }
            #expect(outcome.failed(because: reason), "\(outcome)")
        }
    }

    @Test func `a message that was not sealed with the session's key ends the connection`() async throws {
        try await HostileSubject.with { subject in
            let (peer, connection) = try await subject.attacker()
            var message = try await peer.seal(HostilePeer.frame(2, flags: HostilePeer.synchronize))
            message[message.count - 1] ^= 1
            await peer.send(message)
            let reason = await connection.waitUntilClosed()
            guard case .protocolViolation(let text) = reason, text.contains("authentic") else {
                Issue.record("\(reason)")
                return
            }
            await peer.close()
        }
    }

    @Test func `a message that has no room for a tag ends the connection`() async throws {
        try await HostileSubject.with { subject in
            for length in [0, 1, 15] {
                let (peer, connection) = try await subject.attacker()
                await peer.send([0, UInt8(length)] + Array(repeating: 7, count: length))
                let reason = await connection.waitUntilClosed()
                guard case .protocolViolation(let text) = reason, text.contains("too short for its tag") else {
                    Issue.record("\(reason)")
                    return
                }
                await peer.close()
            }
            try await subject.expectHonestPeerIsServed()
        }
    }

    // MARK: Time

    @Test func `a hundred peers that connect and stay silent are given up in time, and others are served`() async throws
    {
        var configuration = SwarmConfiguration()
        configuration.handshakeTimeout = .seconds(1)
        // With the limits of a small machine some would give way to the others before.
        configuration.limits = .unlimited
        try await HostileSubject.with(configuration) { subject in
            let events = subject.swarm.subscribe()
            var peers: [HostilePeer] = []
            for count in 0..<100 {
                let peer = try await subject.connect()
                peer.close(after: .seconds(8))
                if count.isMultiple(of: 2) { await peer.send(Array(HostilePeer.header.prefix(5))) }
                peers.append(peer)
            }
            var failures = 0
            for await case .inboundFailed(_, let failure) in events {
                #expect(failure.description.contains("took longer than"))
                failures += 1
                if failures == 100 { break }
            }
            try await subject.expectHonestPeerIsServed()
            for peer in peers { await peer.close() }
        }
    }

    @Test func `times of any length trap nothing and are none`() async throws {
        var configuration = SwarmConfiguration()
        configuration.handshakeTimeout = .seconds(Int64.max)
        configuration.negotiationTimeout = .seconds(Int64.max)
        configuration.yamux.keepAliveInterval = .seconds(Int64.max)
        configuration.yamux.keepAliveTimeout = .seconds(Int64.max)
        configuration.yamux.lingerTimeout = .seconds(Int64.max)
        try await HostileSubject.with(configuration) { subject in
            let (peer, _) = try await subject.attacker()
            #expect(try await peer.answer(to: HostilePeer.begin(1)).isAlive)
            try await subject.expectHonestPeerIsServed()
            await peer.close()
        }
    }
}
