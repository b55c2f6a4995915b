import EventLoop
import Multiformats
import PeerIdentity
import TCPTransport
import Testing

@testable import Swarm

/// Which addresses a node refuses to tell peers of.
@Suite struct AnnounceErrorTests {
    private static let own = Result { try PrivateKey.generate().peerID }
    private static let other = "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"

    private func error(_ text: String, of peer: PeerID?) throws -> AnnounceError? {
        var policy = AnnouncePolicy()
        policy.added = [try Multiaddr("/ip4/1.2.3.4/tcp/1"), try Multiaddr(text)]
        do throws(AnnounceError) {
            try policy.check(for: peer)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "/ip4/1.2.3.4/tcp/4001", "/ip4/127.0.0.1/tcp/4001", "/ip6/2600::1/udp/4001/quic-v1",
        "/dns4/example.org/tcp/443/wss",
        "/dnsaddr/example.org", "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234",
        "/ip4/1.2.3.4/tcp/4001/p2p/\(other)/p2p-circuit", "/memory/1",
    ])
    func `addresses at which a node can be found are told, with or without its own peer`(_ text: String) throws {
        let own = try Self.own.get()
        #expect(try self.error(text, of: own) == nil)
        #expect(try self.error(text, of: nil) == nil)
        #expect(try self.error("\(text)/p2p/\(own)", of: own) == nil)
    }

    @Test(arguments: ["/ip4/1.2.3.4/tcp/4001/p2p/\(other)", "/p2p/\(other)", "/dnsaddr/example.org/p2p/\(other)"])
    func `another peer's place is not told as this node's`(_ text: String) throws {
        let own = try Self.own.get()
        #expect(try self.error(text, of: own) == .otherPeer(Multiaddr(text), own: own))
        #expect(try self.error(text, of: nil) == .otherPeer(Multiaddr(text), own: nil))
    }

    @Test func `a peer is no place`() throws {
        let own = try Self.own.get()
        #expect(try self.error("/p2p/\(own)", of: own) == .onlyPeer(Multiaddr("/p2p/\(own)")))
    }

    @Test(arguments: [
        "/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001", "/ip6/::ffff:0.0.0.0/tcp/4001", "/ip4/224.0.0.251/udp/4001",
        "/ip6/ff02::1/tcp/4001", "/tcp/4001",
    ])
    func `an address of no host is refused`(_ text: String) throws {
        #expect(try self.error(text, of: Self.own.get()) == .noHost(Multiaddr(text)))
    }

    @Test(arguments: [
        "/ip4/1.2.3.4", "/ip6/2600::1", "/dns4/example.org", "/ip4/1.2.3.4/tcp/0", "/dns/example.org/udp/0/quic-v1",
        "/ip4/1.2.3.4/ws", "/ip4/1.2.3.4/p2p-circuit",
    ])
    func `an address without a port is refused`(_ text: String) throws {
        #expect(try self.error(text, of: Self.own.get()) == .noPort(Multiaddr(text)))
    }

    @Test func `a swarm is not made with one`() async throws {
        let loops = EventLoopGroup(count: 1)
        var configuration = SwarmConfiguration()
        configuration.announce.added = [try Multiaddr("/ip4/0.0.0.0/tcp/1")]
        await #expect(throws: AnnounceError.noHost(configuration.announce.added[0])) {
            _ = try await Swarm(
                identity: .generate(), transports: [TCPTransport()], loops: loops, configuration: configuration)
        }
        await loops.shutdown()
    }
}
