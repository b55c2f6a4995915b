import Bytes
import EventLoop
import MemoryTransport
import Multiformats
import PeerIdentity
import TCPTransport
import Testing
import Transport

@testable import Swarm

/// Which addresses a node tells peers of.
@Suite(.timeLimit(.minutes(1))) struct SwarmAddressTests {
    private func withSwarm(
        _ change: (inout SwarmConfiguration) -> Void = { _ in }, _ body: (Swarm, Multiaddr) async throws -> Void
    ) async throws {
        let loops = EventLoopGroup(count: 1)
        var configuration = SwarmConfiguration()
        change(&configuration)
        let swarm = try await Swarm(
            identity: try .generate(), transports: [TCPTransport()], loops: loops, configuration: configuration)
        var failure: (any Error)?
        do {
            try await body(swarm, try await swarm.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0")))
        } catch {
            failure = error
        }
        await swarm.close()
        await loops.shutdown()
        if let failure { throw failure }
    }

    /// A connection as seen from here, without one.
    private func connection(
        _ swarm: Swarm, local: Multiaddr, remote: String, route: ConnectionRoute = .direct
    ) throws -> Connection {
        let peer = try PrivateKey.generate()
        return Connection(
            Connection.Description(
                direction: .outbound, localPeer: swarm.localPeer, remotePeer: peer.peerID,
                remotePublicKey: peer.publicKey, localAddress: local, remoteAddress: try Multiaddr(remote),
                route: route,
                security: "/noise", muxer: "/yamux/1.0.0"),
            loop: swarm.loops.next())
    }

    @Test func `an address that enough peers see is told, with an event, until they are gone for long enough`()
        async throws
    {
        try await self.withSwarm({ $0.observedAddresses.lifetime = .milliseconds(10) }) { swarm, listener in
            let seen = try Multiaddr("/ip4/8.8.4.4/tcp/14001")
            let events = swarm.subscribe()
            let connections = try (1...4).map {
                try self.connection(swarm, local: listener, remote: "/ip4/1.2.\($0).1/tcp/4001")
            }
            for connection in connections {
                #expect(swarm.observedAddresses == [])
                swarm.observed(seen, over: connection)
            }
            #expect(swarm.observedAddresses == [seen])
            #expect(swarm.announcedAddresses == [listener, seen])
            swarm.addressObserver.disconnected(connections[0])
            var told: [String] = []
            for await event in events {
                switch event {
                case .addressConfirmed(let address): told.append("confirmed \(address)")
                case .addressExpired(let address): told.append("expired \(address)")
                default: break
                }
                if told.count == 2 { break }
            }
            let place = try seen.appending(swarm.localPeer)
            #expect(told == ["confirmed \(place)", "expired \(place)"])
            #expect(swarm.announcedAddresses == [listener])
        }
    }

    @Test func `what is seen of a port that nobody listens on does not count`() async throws {
        try await self.withSwarm { swarm, listener in
            for number in 1...8 {
                let remote = "/ip4/1.2.\(number).1/tcp/4001"
                for text in ["/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/\(listener.tcpPort ?? 0)", "/memory/1"] {
                    swarm.observed(
                        try Multiaddr("/ip4/8.8.4.4/tcp/1"),
                        over: try self.connection(swarm, local: Multiaddr(text), remote: remote))
                }
            }
            #expect(swarm.observedAddresses == [])
        }
    }

    @Test func `what is seen through a proxy does not count`() async throws {
        try await self.withSwarm { swarm, listener in
            for number in 1...8 {
                let remote = "/ip4/1.2.\(number).1/tcp/4001"
                swarm.observed(
                    try Multiaddr("/ip4/8.8.4.4/tcp/1"),
                    over: try self.connection(swarm, local: listener, remote: remote, route: .proxied))
            }
            #expect(swarm.observedAddresses == [])
        }
    }

    @Test func `a connection's end belongs to the listener of its address, or of the wildcard`() throws {
        let listeners = try [
            "/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/0.0.0.0/udp/1/quic-v1",
        ].map { try Multiaddr($0) }
        func listener(_ text: String) throws -> Multiaddr? {
            AddressObserver.listener(of: try Multiaddr(text), among: listeners)
        }
        #expect(try listener("/ip4/10.0.0.1/tcp/1") == listeners[2])
        #expect(try listener("/ip4/10.0.0.2/tcp/1") == listeners[0])
        #expect(try listener("/ip6/2600::1/tcp/1") == listeners[1])
        #expect(try listener("/ip4/10.0.0.2/udp/1/quic-v1") == listeners[3])
        #expect(try listener("/ip4/10.0.0.2/tcp/2") == nil)
    }

    // MARK: Announcing

    private static let found = ["/ip4/10.0.0.1/tcp/1", "/ip4/1.2.3.4/tcp/1", "/ip6/fd00::1/tcp/1"]

    private func announced(_ change: (inout AnnouncePolicy) throws -> Void) throws -> [String] {
        var policy = AnnouncePolicy()
        try change(&policy)
        return policy.addresses(found: try Self.found.map { try Multiaddr($0) }).map(\.description)
    }

    @Test func `addresses are added, once, and without the peer`() throws {
        let peer = try PrivateKey.generate().peerID
        let added = try self.announced { policy in
            policy.added = [
                try Multiaddr("/dns4/example.org/tcp/1"), try Multiaddr("/dns4/example.org/tcp/1").appending(peer),
                try Multiaddr(Self.found[0]),
            ]
        }
        #expect(added == Self.found + ["/dns4/example.org/tcp/1"])
    }

    @Test func `only the added ones are told where that is wanted`() throws {
        let added = try self.announced { policy in
            policy.added = [try Multiaddr("/ip4/5.6.7.8/tcp/1")]
            policy.addedOnly = true
        }
        #expect(added == ["/ip4/5.6.7.8/tcp/1"])
    }

    @Test func `networks are left out, of the added ones too`() throws {
        let added = try self.announced { policy in
            policy.added = [try Multiaddr("/ip4/10.9.9.9/tcp/1"), try Multiaddr("/dns/example.org/tcp/1")]
            policy.excluded = ["10.0.0.0/8", "fc00::/7"].compactMap { IPNetwork($0) }
        }
        #expect(added == ["/ip4/1.2.3.4/tcp/1", "/dns/example.org/tcp/1"])
    }
}
