import Multiformats
import Testing

@testable import Swarm

/// Which addresses that others told of are not dialled.
@Suite struct DialFilterTests {
    private let filter = DialFilter(
        ownAddresses: ["127.0.0.1", "192.168.1.7", "fd00:1:2:3::7", "::1", "fe80::7"].compactMap { IPAddress($0) })

    @Test(arguments: [
        "/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1",
        "/ip4/192.168.2.1/tcp/1", "/ip4/100.64.0.1/tcp/1", "/ip4/169.254.169.254/tcp/80", "/ip6/fe80::1/tcp/1",
        "/ip6/fd00:1:2:4::1/tcp/1", "/ip4/172.16.0.1/udp/1/quic-v1",
    ])
    func `a public peer is not looked for on this machine or in other private networks`(text: String) throws {
        let address = try Multiaddr(text)
        #expect(self.filter.objection(to: address, ofPublicPeer: true) != nil)
        #expect(self.filter.objection(to: address, ofPublicPeer: false) == nil)
    }

    @Test(arguments: [
        "/ip4/198.18.0.1/tcp/1", "/ip4/198.19.255.255/tcp/1", "/ip4/240.0.0.1/tcp/1", "/ip4/255.255.255.255/tcp/1",
        "/ip4/0.1.2.3/tcp/1", "/ip4/192.0.2.1/tcp/1", "/ip6/64:ff9b::a00:1/tcp/1", "/ip6/64:ff9b::7f00:1/tcp/1",
        "/ip6/64:ff9b:1::1/tcp/1", "/ip6/fec0::1/tcp/1", "/ip6/2001:db8::1/tcp/1", "/ip6/::2/tcp/1",
        "/ip6/::ffff:198.18.0.1/tcp/1",
    ])
    func `a public peer is not looked for at addresses that are kept for something else`(text: String) throws {
        let objection = self.filter.objection(to: try Multiaddr(text), ofPublicPeer: true)
        #expect(objection == "it is no address of the internet, and the peer has public ones")
        let inNetwork = DialFilter(ownAddresses: [try #require(Multiaddr(text).ipAddress)])
        #expect(inNetwork.objection(to: try Multiaddr(text), ofPublicPeer: true) == nil)
    }

    @Test(arguments: [
        "/ip4/1.2.3.4/tcp/1", "/ip6/64:ff9b::102:304/tcp/1", "/ip6/2600::1/tcp/1", "/ip4/192.168.1.200/tcp/1",
        "/ip6/fd00:1:2:3::1/tcp/1",
        "/memory/1", "/dns4/example.org/tcp/1",
    ])
    func `it is looked for at public addresses and in the networks of this host`(text: String) throws {
        #expect(self.filter.objection(to: try Multiaddr(text), ofPublicPeer: true) == nil)
    }

    @Test(arguments: ["/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1", "/ip4/224.0.0.251/udp/1/quic-v1", "/ip6/ff02::1/tcp/1"])
    func `no peer is at an unspecified or multicast address`(text: String) throws {
        #expect(self.filter.objection(to: try Multiaddr(text), ofPublicPeer: false) != nil)
    }
}
