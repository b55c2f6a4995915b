import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// Dials over real sockets, to places where nobody answers or listens.
@Suite(.timeLimit(.minutes(1))) struct SwarmDialTCPTests {
    private func withDialer(
        _ configuration: SwarmConfiguration = .init(), _ body: (Swarm) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 1)
        let swarm = try await Swarm(
            identity: try .generate(), transports: [TCPTransport()], loops: loops, configuration: configuration)
        var failure: (any Error)?
        do {
            try await body(swarm)
        } catch {
            failure = error
        }
        await swarm.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    /// An address where nobody listens.
    private func deadEnd(_ loops: EventLoopGroup) async throws -> Multiaddr {
        let listener = try await TCPTransport().listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"), loops: loops) { _ in }
        await listener.close()
        return listener.address
    }

    @Test func `hosts that are silent or refuse do not hold up the one that answers`() async throws {
        let blackHole = try BlackHole(.tcpOverIPv4)
        defer { blackHole.close() }
        try await HostileSubject.with { subject in
            try await self.withDialer { dialer in
                let deadEnd = try await self.deadEnd(dialer.loops)
                dialer.addAddresses([blackHole.address, deadEnd, subject.address], of: subject.swarm.localPeer)
                let connection = try await dialer.connect(to: subject.swarm.localPeer)
                #expect(connection.remoteAddress == subject.address)
                #expect(dialer.connections == [connection])
            }
        }
    }

    @Test func `each failure has its own cause and time`() async throws {
        let blackHole = try BlackHole(.tcpOverIPv4)
        defer { blackHole.close() }
        var configuration = SwarmConfiguration()
        configuration.dialTimeout = .milliseconds(50)
        try await self.withDialer(configuration) { dialer in
            let target = try PrivateKey.generate().peerID
            let deadEnd = try await self.deadEnd(dialer.loops)
            dialer.addAddresses([blackHole.address, deadEnd], of: target)
            let error = try await #require(throws: DialError.self) { try await dialer.connect(to: target) }
            let attempts = Dictionary(uniqueKeysWithValues: error.attempts.map { ($0.address, $0) })
            #expect(attempts.count == 2)
            #expect(attempts[deadEnd]?.kind == .refused)
            let silence = try #require(attempts[blackHole.address])
            #expect(silence.kind == .timedOut)
            #expect(silence.cause == "connect to \(blackHole.place): no answer within 0.05 seconds")
            #expect(silence.duration >= .milliseconds(50))
        }
    }

    @Test func `a host that was silent is left alone, and dialled again where its address is named`() async throws {
        let blackHole = try BlackHole(.tcpOverIPv4)
        defer { blackHole.close() }
        var configuration = SwarmConfiguration()
        configuration.dialTimeout = .milliseconds(50)
        try await self.withDialer(configuration) { dialer in
            let target = try PrivateKey.generate().peerID
            dialer.addAddresses([blackHole.address], of: target)
            await #expect(throws: DialError.self) { try await dialer.connect(to: target) }
            let second = try await #require(throws: DialError.self) { try await dialer.connect(to: target) }
            let cause = try #require(second.attempts.first?.cause)
            #expect(cause.contains("connect to \(blackHole.place): no answer within 0.05 seconds"))
            #expect(cause.hasPrefix("not dialled for another "))
            let third = try await #require(throws: DialError.self) {
                try await dialer.connect(to: blackHole.address.appending(target))
            }
            #expect(third.attempts.map(\.kind) == [.timedOut])
        }
    }

    /// Harness case 47. The silent listener and the other are on one host: each port has a share of its own.
    @Test func `a thousand dials of a listener that does not answer leave room for others`() async throws {
        let blackHole = try BlackHole(.tcpOverIPv4)
        defer { blackHole.close() }
        try await HostileSubject.with { subject in
            try await self.withDialer { dialer in
                dialer.addAddresses([subject.address], of: subject.swarm.localPeer)
                let key = try PrivateKey.generate()
                let peers = try (0..<1_000).map { try SwarmDialPolicyTests.peer($0, like: key.peerID) }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for peer in peers {
                        let address = try blackHole.address.appending(peer)
                        group.addTask { _ = try await dialer.connect(to: address) }
                    }
                    // None of those ends within this time.
                    let connection = try await dialer.connect(to: subject.swarm.localPeer, timeout: .seconds(10))
                    #expect(connection.remoteAddress == subject.address)
                    group.cancelAll()
                }
            }
        }
    }
}
