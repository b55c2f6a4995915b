import EventLoop
import Multiformats
import Testing
import Transport

@Suite struct ListenAddressesTests {
    private func expand(_ addresses: [String]) throws -> [String] {
        let interfaces = [
            NetworkInterface(name: "lo", addresses: [.v4(.loopback), .v6(.loopback)]),
            NetworkInterface(
                name: "eth0",
                addresses: ["192.0.2.2", "10.0.0.1", "fe80::1", "fd00::2", "2001:db8::1"].compactMap { IPAddress($0) }),
        ]
        let parsed = try addresses.map { try Multiaddr($0) }
        return ListenAddresses.expand(parsed, interfaces: interfaces).map(\.description)
    }

    @Test func `the wildcard of IPv4 stands for the IPv4 addresses of the interfaces`() throws {
        #expect(
            try self.expand(["/ip4/0.0.0.0/tcp/4001"]) == [
                "/ip4/127.0.0.1/tcp/4001", "/ip4/192.0.2.2/tcp/4001", "/ip4/10.0.0.1/tcp/4001",
            ])
    }

    @Test func `the wildcard of IPv6 stands for the IPv6 addresses but those of a link`() throws {
        #expect(
            try self.expand(["/ip6/::/udp/4001/quic-v1"]) == [
                "/ip6/::1/udp/4001/quic-v1", "/ip6/fd00::2/udp/4001/quic-v1", "/ip6/2001:db8::1/udp/4001/quic-v1",
            ])
    }

    @Test func `other addresses stay, and none comes twice`() throws {
        #expect(
            try self.expand(["/ip4/10.0.0.1/tcp/1", "/memory/7", "/dns4/a.test/tcp/1", "/ip4/0.0.0.0/tcp/1"]) == [
                "/ip4/10.0.0.1/tcp/1", "/memory/7", "/dns4/a.test/tcp/1", "/ip4/127.0.0.1/tcp/1",
                "/ip4/192.0.2.2/tcp/1",
            ])
    }

    @Test func `this machine has a loopback interface`() throws {
        let expanded = ListenAddresses.expand([try Multiaddr("/ip4/0.0.0.0/tcp/4001")])
        #expect(expanded.contains(try Multiaddr("/ip4/127.0.0.1/tcp/4001")))
        let loopback = try #require(NetworkInterface.all.first { $0.addresses.contains(.v4(.loopback)) })
        let index = try #require(NetworkInterface.index(named: loopback.name))
        #expect(NetworkInterface.name(index: index) == loopback.name)
        #expect(NetworkInterface.index(named: "nosuchinterface") == nil)
        #expect(NetworkInterface.name(index: .max) == nil)
    }

    @Test func `the source of a route is found without a packet`() throws {
        #expect(SocketAddress(ip: "127.0.0.1", port: 9)?.sourceToReach == .v4(.loopback))
        #expect(SocketAddress(unixPath: "/tmp/socket")?.sourceToReach == nil)
    }
}
