import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// Every socket is asked for before it is there, and given back once, however its use ends.
@Suite(.timeLimit(.minutes(2))) struct ResourceScopeSocketTests {
    @Test(arguments: HostilePeerStageTests.Stage.allCases.filter { !$0.isConnection })
    func `the socket of a peer that never becomes a connection is charged and given back once`(
        _ stage: HostilePeerStageTests.Stage
    ) async throws {
        let scope = CountingScope()
        try await HostileSubject.with(scope.configuration) { subject in
            let events = subject.swarm.subscribe()
            let peer = try await subject.connect()
            try await stage.approach(peer)
            await peer.reset()
            for await event in events { if case .inboundFailed = event { break } }
            #expect(scope.descriptors == 1)
            #expect(scope.connections == 0)
            #expect(scope.openScopes == 0)
            #expect(scope.takenDescriptors == 2)
        }
        #expect(scope.descriptors == 0)
    }

    @Test func `a dial is charged before its socket is connected, and given back when it is cancelled`() async throws {
        let scope = CountingScope()
        let blackHole = try BlackHole(.tcpOverIPv4)
        defer { blackHole.close() }
        try await Self.withDialer(scope) { dialer in
            let dial = Task { try await dialer.connect(toWhoeverIsAt: blackHole.address) }
            await scope.waitUntil { $0.descriptors == 1 && $0.connections == 1 }
            dial.cancel()
            await #expect(throws: CancellationError.self) { _ = try await dial.value }
            #expect(scope.descriptors == 0)
            #expect(scope.connections == 0)
            #expect(scope.openScopes == 0)
        }
        #expect(scope.takenDescriptors == 1)
    }

    @Test func `a dial that is refused, meets a stranger, or succeeds gives its socket back once`() async throws {
        let scope = CountingScope()
        try await HostileSubject.with { subject in
            let stranger = PeerID(try PrivateKey.generate(.ed25519).publicKey)
            try await Self.withDialer(scope) { dialer in
                let closed = try Multiaddr("/ip4/127.0.0.1/tcp/1").appending(subject.swarm.localPeer)
                await #expect(throws: DialError.self) { try await dialer.connect(to: closed) }
                #expect(scope.descriptors == 0)
                let other = try subject.address.appending(stranger)
                await #expect(throws: DialError.self) { try await dialer.connect(to: other) }
                #expect(scope.descriptors == 0)
                let connection = try await dialer.connect(toWhoeverIsAt: subject.address)
                #expect(scope.descriptors == 1)
                #expect(scope.connections == 1)
                await connection.close(gracePeriod: .zero)
                #expect(scope.descriptors == 0)
                #expect(scope.connections == 0)
                #expect(scope.openScopes == 0)
            }
        }
        #expect(scope.takenDescriptors == 3)
    }

    @Test func `a node that may have no socket neither dials nor listens, and says why`() async throws {
        let scope = CountingScope(descriptorLimit: 0)
        try await Self.withDialer(scope) { dialer in
            let error = await #expect(throws: TransportError.self) {
                try await dialer.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
            }
            #expect(error?.reason.contains("no more than 0") == true)
            let address = try Multiaddr("/ip4/127.0.0.1/tcp/1")
            let failure = await #expect(throws: DialError.self) {
                _ = try await dialer.connect(toWhoeverIsAt: address)
            }
            #expect(failure?.attempts.first?.cause.contains("no more than 0") == true)
            #expect(scope.connections == 0)
            #expect(scope.openScopes == 0)
        }
        #expect(scope.takenDescriptors == 0)
    }

    @Test func `a peer for whose socket there is no room is refused, and the listener goes on`() async throws {
        let scope = CountingScope(descriptorLimit: 2)
        try await HostileSubject.with(scope.configuration) { subject in
            let (peer, connection) = try await subject.secured()
            let events = subject.swarm.subscribe()
            let other = try await subject.connect()
            _ = await other.waitForEnd()
            await other.close()
            for await event in events {
                guard case .inboundFailed(_, let failure) = event else { continue }
                #expect("\(failure)".contains("no more than 2"))
                break
            }
            #expect(scope.descriptors == 2)
            #expect(scope.connections == 1)
            await peer.close()
            _ = await connection.waitUntilClosed()
            let (next, _) = try await subject.secured()
            await next.close()
        }
        #expect(scope.descriptors == 0)
    }

    @Test func `an address that cannot be listened on leaves nothing charged`() async throws {
        let scope = CountingScope()
        try await HostileSubject.with { subject in
            try await Self.withDialer(scope) { node in
                await #expect(throws: TransportError.self) { try await node.listen(on: subject.address) }
                #expect(scope.descriptors == 0)
            }
        }
        #expect(scope.takenDescriptors == 1)
    }

    /// Runs `body` with a node of that scope which does not listen, and closes it.
    private static func withDialer(_ scope: CountingScope, _ body: (Swarm) async throws -> Void) async throws {
        let loops = EventLoopGroup(count: 1)
        let dialer = try await Swarm(
            identity: try PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops,
            configuration: scope.configuration)
        var failure: (any Error)?
        do { try await body(dialer) } catch { failure = error }
        await dialer.close()
        await loops.shutdown()
        if let failure { throw failure }
    }
}
