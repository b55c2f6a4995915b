import Bytes
import Multiformats
import TestSupport
import Testing

struct MultiaddrCompositionTests {
    private static let peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    private static let other = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"

    @Test func `encapsulating puts the other address behind`() throws {
        let address = try Multiaddr("/ip4/1.2.3.4").encapsulating(try Multiaddr("/tcp/1/ws"))
        #expect(address.description == "/ip4/1.2.3.4/tcp/1/ws")
        #expect(try address.appending(.p2pCircuit).description == "/ip4/1.2.3.4/tcp/1/ws/p2p-circuit")
        #expect(throws: MultiaddrError.self) { try Multiaddr("/unix/a").encapsulating(address) }
    }

    @Test(
        arguments: [
            ("/ip4/1.2.3.4/tcp/1/ws", "/ws", "/ip4/1.2.3.4/tcp/1"),
            ("/ip4/1.2.3.4/tcp/1/ws", "/tcp/1", "/ip4/1.2.3.4"),
            ("/ip4/1.2.3.4/tcp/1/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4", "/ip4/1.2.3.4/tcp/1"),
            ("/ip4/1.2.3.4/tcp/1/tls/ws", "/tls/ws", "/ip4/1.2.3.4/tcp/1"),
            ("/ip4/1.2.3.4/tcp/1", "/tcp/2", "/ip4/1.2.3.4/tcp/1"),
            ("/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/1/ws", "/ip4/1.2.3.4/tcp/1"),
            ("/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4", nil),
            ("/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/1", nil),
            // The bytes of the inner address stand at the end of the outer one's, but inside a value.
            ("/tcp/56579", "/ws", "/tcp/56579"),
        ])
    func `decapsulating cuts before the last occurrence`(text: String, inner: String, left: String?) throws {
        #expect(try Multiaddr(text).decapsulating(try Multiaddr(inner))?.description == left)
    }

    @Test func `decapsulating a protocol cuts before its last component`() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/1/tcp/2/ws")
        #expect(address.decapsulating(.tcp)?.description == "/ip4/1.2.3.4/tcp/1")
        #expect(address.decapsulating(.udp) == address)
        #expect(address.decapsulating(.ip4) == nil)
    }

    @Test func `what was encapsulated is decapsulated again`() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<300 {
            let outer = try Multiaddr(generator.components(count: 1...4, allowingPath: false))
            let inner = try Multiaddr(generator.components(count: 1...4))
            let both = try outer.encapsulating(inner)
            #expect(both.components == outer.components + inner.components)
            #expect(both.decapsulating(inner) == outer)
        }
    }

    @Test func `the peer ID is that of the last component that is not a relay's`() throws {
        let peer = try Multihash(peerID: Self.peer).bytes
        let other = try Multihash(peerID: Self.other).bytes
        #expect(try Multiaddr("/ip4/1.2.3.4/tcp/1").peerIDBytes == nil)
        #expect(try Multiaddr("/ip4/1.2.3.4/tcp/1/p2p/\(Self.peer)").peerIDBytes == peer)
        #expect(try Multiaddr("/p2p/\(Self.peer)/http-path/a").peerIDBytes == peer)
        #expect(try Multiaddr("/ip4/1.2.3.4/tcp/1/p2p/\(Self.peer)/p2p-circuit").peerIDBytes == nil)
        let circuit = try Multiaddr("/ip4/1.2.3.4/tcp/1/p2p/\(Self.peer)/p2p-circuit/p2p/\(Self.other)")
        #expect(circuit.peerIDBytes == other)
        #expect(circuit.relayAddress?.peerIDBytes == peer)
        #expect(circuit.isCircuit)
        #expect(circuit.relayAddress?.isCircuit == false)
        #expect(try Multiaddr("/p2p-circuit/p2p/\(Self.other)").relayAddress == nil)
        #expect(try Multiaddr("/ip4/1.2.3.4").relayAddress == nil)
    }

    @Test func `a peer ID is added, replaced and removed at the end alone`() throws {
        let peer = try Multihash(peerID: Self.peer).bytes
        let plain = try Multiaddr("/ip4/1.2.3.4/tcp/1")
        let named = try plain.withPeerID(peer)
        #expect(named.description == "/ip4/1.2.3.4/tcp/1/p2p/\(Self.peer)")
        #expect(
            try named.withPeerID(try Multihash(peerID: Self.other).bytes).description
                == "/ip4/1.2.3.4/tcp/1/p2p/\(Self.other)")
        #expect(named.withoutPeerID == plain)
        #expect(plain.withoutPeerID == plain)
        #expect(try Multiaddr("/p2p/\(Self.peer)").withoutPeerID == nil)
        #expect(try Multiaddr("/p2p/\(Self.peer)").withPeerID(peer).description == "/p2p/\(Self.peer)")
        #expect(throws: MultiaddrError.self) { try plain.withPeerID([1]) }
    }

    @Test func `a listener's port and host are filled in`() throws {
        let address = try Multiaddr("/ip4/0.0.0.0/tcp/0/tls/ws")
        #expect(address.replacingPort(with: 4_001).description == "/ip4/0.0.0.0/tcp/4001/tls/ws")
        #expect(try address.replacingHost(with: .v4(.loopback)).description == "/ip4/127.0.0.1/tcp/0/tls/ws")
        #expect(try Multiaddr("/dns4/a/tcp/0").replacingHost(with: .v6(.loopback)).description == "/ip6/::1/tcp/0")
        #expect(
            try Multiaddr("/ip6zone/x/ip6/::/udp/0").replacingHost(with: .v6(.loopback)).description
                == "/ip6zone/x/ip6/::1/udp/0")
        let memory = try Multiaddr("/memory/1")
        #expect(memory.replacingPort(with: 1) == memory)
        #expect(try memory.replacingHost(with: .v4(.loopback)) == memory)
    }

    @Test(
        arguments: [
            ("/ip4/1.2.3.4/tcp/1", .ip(.v4(IPv4Address(1, 2, 3, 4))), .tcp, 1),
            ("/ip4/1.2.3.4/udp/2/quic-v1", .ip(.v4(IPv4Address(1, 2, 3, 4))), .udp, 2),
            ("/ip6/::1/tcp/3/ws", .ip(.v6(.loopback)), .tcp, 3),
            ("/ip6zone/eth0/ip6/::1/tcp/3", .ip(.v6(.loopback), zone: "eth0"), .tcp, 3),
            ("/dns/a.b/tcp/4", .name("a.b", family: .any), .tcp, 4),
            ("/dns4/a.b/tcp/4", .name("a.b", family: .ip4), .tcp, 4),
            ("/dns6/a.b/udp/4", .name("a.b", family: .ip6), .udp, 4),
        ] as [(String, MultiaddrEndpoint.Host, MultiaddrEndpoint.Transport, UInt16)])
    func `the endpoint is what a socket needs`(
        text: String, host: MultiaddrEndpoint.Host, transport: MultiaddrEndpoint.Transport, port: UInt16
    ) throws {
        let endpoint = MultiaddrEndpoint(host, transport, port: port)
        let address = try Multiaddr(text)
        #expect(address.endpoint == endpoint)
        #expect(text.hasPrefix(try Multiaddr(endpoint).description))
        #expect(address.tcpPort == (transport == .tcp ? port : nil))
        #expect(address.udpPort == (transport == .udp ? port : nil))
    }

    @Test(arguments: [
        "/ip4/1.2.3.4", "/tcp/1", "/ip4/1.2.3.4/sctp/1", "/dnsaddr/a/tcp/1", "/memory/1",
        "/ip6zone/x/ip4/1.2.3.4/tcp/1",
        "/ip6zone/x/dns/a/tcp/1", "/ip6zone/x", "/p2p-circuit/ip4/1.2.3.4/tcp/1", "/unix/a",
        "/ip4/1.2.3.4/ipcidr/8/tcp/1",
    ])
    func `an address that no socket understands has no endpoint`(text: String) throws {
        #expect(try Multiaddr(text).endpoint == nil)
    }

    @Test func `a socket's address is made without text`() throws {
        #expect(Multiaddr(.v4(.loopback), tcp: 80).description == "/ip4/127.0.0.1/tcp/80")
        #expect(Multiaddr(.v6(.loopback), udp: 80).description == "/ip6/::1/udp/80")
        #expect(Multiaddr(.v6(.loopback), udp: 80).ipAddress == .v6(.loopback))
        #expect(try Multiaddr("/dns/a/tcp/1").ipAddress == nil)
        #expect(throws: MultiaddrError.self) {
            try Multiaddr(MultiaddrEndpoint(.name("a/b", family: .any), .tcp, port: 1))
        }
    }
}
