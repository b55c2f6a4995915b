import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import Swarm

/// In which order addresses are tried, and with which delays (RFC 8305; go-libp2p's ranker).
@Suite struct DialRankerTests {
    private static let peer = "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"

    /// The delays in milliseconds, behind the addresses.
    private func rank(_ texts: [String]) throws -> [String] {
        try DialRanker.rank(texts.map { try Multiaddr($0) }).map { entry in
            "\(entry.address) \(entry.delay.formattedMilliseconds)"
        }
    }

    @Test func `IPv6 is first, IPv4 next, and the rest in turn`() throws {
        let ranked = try self.rank([
            "/ip4/1.0.0.1/tcp/1", "/ip4/1.0.0.2/tcp/1", "/ip4/1.0.0.3/tcp/1", "/ip6/2600::1/tcp/1",
            "/ip6/2600::2/tcp/1",
        ])
        #expect(
            ranked == [
                "/ip6/2600::1/tcp/1 0 ms", "/ip4/1.0.0.1/tcp/1 250 ms", "/ip6/2600::2/tcp/1 500 ms",
                "/ip4/1.0.0.2/tcp/1 500 ms", "/ip4/1.0.0.3/tcp/1 500 ms",
            ])
    }

    @Test func `of one family, one address is first and the others follow at once`() throws {
        let ranked = try self.rank(["/ip4/1.0.0.1/tcp/1", "/ip4/1.0.0.2/tcp/1", "/ip4/1.0.0.3/tcp/1"])
        #expect(ranked == ["/ip4/1.0.0.1/tcp/1 0 ms", "/ip4/1.0.0.2/tcp/1 250 ms", "/ip4/1.0.0.3/tcp/1 250 ms"])
    }

    @Test func `own networks come before public ones, and relays last`() throws {
        let circuit = "/ip4/1.0.0.9/tcp/1/p2p/\(Self.peer)/p2p-circuit"
        let ranked = try self.rank([circuit, "/ip4/1.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip6/fd00::1/tcp/1"])
        #expect(
            ranked == [
                "/ip6/fd00::1/tcp/1 0 ms", "/ip4/10.0.0.1/tcp/1 30 ms", "/ip4/1.0.0.1/tcp/1 30 ms", "\(circuit) 500 ms",
            ])
        #expect(try self.rank([circuit]) == ["\(circuit) 0 ms"])
    }

    @Test func `QUIC comes before TCP, and that before what goes over it`() throws {
        let ranked = try self.rank([
            "/ip4/1.0.0.1/tcp/1/tls/ws", "/ip4/1.0.0.1/tcp/1", "/ip6/2600::1/udp/1/quic-v1",
            "/ip4/1.0.0.1/udp/1/quic-v1", "/ip4/1.0.0.1/udp/1/quic-v1/webtransport",
        ])
        #expect(
            ranked == [
                "/ip6/2600::1/udp/1/quic-v1 0 ms", "/ip4/1.0.0.1/udp/1/quic-v1 250 ms", "/ip4/1.0.0.1/tcp/1 500 ms",
                "/ip4/1.0.0.1/tcp/1/tls/ws 1500 ms", "/ip4/1.0.0.1/udp/1/quic-v1/webtransport 1750 ms",
            ])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `none is left out, the first need not wait, and none waits for long`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let hosts = ["/ip4/10.0.0.", "/ip4/1.2.3.", "/ip6/2600::", "/ip6/fe80::", "/ip4/127.0.0."]
        let ends = ["/tcp/1", "/udp/1/quic-v1", "/tcp/1/ws", "/tcp/1/p2p/\(Self.peer)/p2p-circuit"]
        let addresses = try (0..<Int.random(in: 1...40, using: &random)).map { _ in
            let host = hosts.randomElement(using: &random) ?? "", end = ends.randomElement(using: &random) ?? ""
            return try Multiaddr("\(host)\(Int.random(in: 1...99, using: &random))\(end)")
        }
        let ranked = DialRanker.rank(addresses)
        #expect(ranked.map(\.address.description).sorted() == addresses.map(\.description).sorted())
        #expect(ranked.first?.delay == .zero)
        #expect(ranked.map(\.delay) == ranked.map(\.delay).sorted())
        #expect(ranked.allSatisfy { $0.delay <= .seconds(3) })
        #expect(DialRanker.rank(addresses) == ranked)
    }
}
