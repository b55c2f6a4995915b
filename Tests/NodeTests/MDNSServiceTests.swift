import Bytes
import EventLoop
import MulticastDNS
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

@testable import Discovery

/// Services in one process that speak over the multicast of the loopback interface, on a port of their own.
@Suite(.timeLimit(.minutes(1))) struct MDNSServiceTests {
    private static func configuration(port: UInt16, connects: Bool = true) -> MDNSConfiguration {
        var configuration = MDNSConfiguration()
        configuration.interfaces = { $0.addresses.contains(.v4(.loopback)) }
        configuration.port = port
        configuration.connects = connects
        return configuration
    }

    private static func withSwarms(
        _ count: Int, announcing policy: AnnouncePolicy = .init(), _ body: ([Swarm]) async throws -> Void
    ) async throws {
        var configuration = SwarmConfiguration()
        configuration.announce = policy
        let loops = EventLoopGroup(count: 1)
        var swarms: [Swarm] = []
        for _ in 0..<count {
            let swarm = try await Swarm(
                identity: PrivateKey.generate(.ed25519), transports: [TCPTransport()], loops: loops,
                configuration: configuration)
            try await swarm.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
            swarms.append(swarm)
        }
        do {
            try await body(swarms)
        } catch {
            for swarm in swarms { await swarm.close() }
            await loops.shutdown()
            throw error
        }
        for swarm in swarms { await swarm.close() }
        await loops.shutdown()
    }

    private static func discovery(
        of peer: PeerID, _ events: AsyncStream<NodeEvent>
    ) async -> [Multiaddr]? {
        for await event in events {
            if case .discovered(peer, let addresses) = event { return addresses }
        }
        return nil
    }

    @Test func `two nodes discover each other and connect`() async throws {
        try await Self.withSwarms(2) { swarms in
            let services = swarms.map {
                MDNSService(swarm: $0, configuration: Self.configuration(port: 45_353))
            }
            let discoveries = swarms.map { $0.subscribe() }
            let connections = swarms.map { $0.subscribe() }
            for service in services { await service.start() }
            for (here, there) in [(0, 1), (1, 0)] {
                let addresses = await Self.discovery(of: swarms[there].localPeer, discoveries[here])
                #expect(addresses == swarms[there].listenAddresses)
                for await event in connections[here] {
                    guard case .connected(let connection) = event else { continue }
                    #expect(connection.remotePeer == swarms[there].localPeer)
                    break
                }
            }
            for service in services { await service.stop() }
        }
    }

    @Test func `a service that does not connect notes the addresses, also those that come later`() async throws {
        try await Self.withSwarms(2) { swarms in
            let services = swarms.map {
                MDNSService(swarm: $0, configuration: Self.configuration(port: 45_354, connects: false))
            }
            let events = swarms[0].subscribe()
            for service in services { await service.start() }
            let peer = swarms[1].localPeer
            #expect(await Self.discovery(of: peer, events)?.count == 1)
            let later = try await swarms[1].listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
            for await event in events {
                if case .discovered(peer, let addresses) = event, addresses.contains(later) { break }
            }
            #expect(swarms[0].addresses(of: peer).contains(later))
            #expect(swarms[0].connections.isEmpty)
            for service in services { await service.stop() }
        }
    }

    static let policies: [(policy: String, port: UInt16)] = [("added only", 45_355), ("excluded", 45_356)]

    @Test(arguments: policies)
    func `what peers are not to be told is not told on the local networks either, also when it comes later`(
        _ name: String, port: UInt16
    ) async throws {
        var policy = AnnouncePolicy()
        let added = try Multiaddr("/ip4/127.0.0.9/tcp/1")
        let network = try #require(IPNetwork("127.0.0.1/32"))
        if name == "excluded" { policy.excluded = [network] } else { policy.addedOnly = true }
        policy.added = [added]
        try await Self.withSwarms(2, announcing: policy) { swarms in
            let services = swarms.map {
                MDNSService(swarm: $0, configuration: Self.configuration(port: port, connects: false))
            }
            let events = swarms[0].subscribe()
            for service in services { await service.start() }
            let peer = swarms[1].localPeer
            #expect(await Self.discovery(of: peer, events) == [added])
            if name == "excluded" {
                try await swarms[1].listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
                let later = try await swarms[1].listen(on: Multiaddr("/ip4/127.0.0.2/tcp/0"))
                var discovered: Set<Multiaddr> = []
                for await event in events {
                    if case .discovered(peer, let addresses) = event { discovered.formUnion(addresses) }
                    if discovered.contains(later) { break }
                }
                #expect(discovered == [added, later])
            }
            #expect(swarms[0].addresses(of: peer).allSatisfy { $0.ipAddress != .v4(.loopback) })
            for service in services { await service.stop() }
        }
    }

    @Test func `a service without an interface, and one that is stopped before it starts, end in order`() async throws {
        try await Self.withSwarms(1) { swarms in
            var configuration = MDNSConfiguration()
            configuration.interfaces = { _ in false }
            let service = MDNSService(swarm: swarms[0], configuration: configuration)
            await service.start()
            await service.start()
            await service.stop()
            await service.stop()
            await service.start()
        }
    }

    @Test func `of many interfaces so many are spoken on`() {
        let loopback = NetworkInterface.all.filter { $0.addresses.contains(.v4(.loopback)) }
        let many = (0..<100).flatMap { _ in loopback }
        #expect(MDNSEndpoint.links(loopback).contains { !$0.isIPv6 })
        #expect(MDNSEndpoint.links(many).count <= 2 * MDNSLimits.interfaces)
    }
}
