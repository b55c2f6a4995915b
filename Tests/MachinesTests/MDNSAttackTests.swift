import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import MulticastDNS

/// What anybody on the network can send.
struct MDNSAttackTests {
    @Test func `a flood of answers for made-up peers stays bounded, and leaves room for others`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        for number in 0..<300 {
            let peers = (0..<4).map { (MDNSNetwork.peer(1_000 + number * 4 + $0), ["/ip4/10.0.0.2/tcp/1"]) }
            try network.receive(try MDNSNetwork.response(peers), from: 1)
            network.now = network.now + .milliseconds(1)
        }
        #expect(network.sessions[0].peerCount == MDNSLimits.peersPerSender)
        #expect(network.events[0].count == MDNSLimits.peersPerSender)
        network.now = network.now + .seconds(10)
        try network.receive(
            try MDNSNetwork.response([(MDNSNetwork.peer(7), ["/ip4/10.0.0.3/tcp/1"])]), from: 2)
        #expect(
            network.events[0].last == .discovered(MDNSNetwork.peer(7), [try Multiaddr("/ip4/10.0.0.3/tcp/1")]))
    }

    @Test func `many senders together fill the table and no more, and at a bounded rate`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        func flood(_ range: Range<Int>) throws {
            for number in range {
                let peers = [(MDNSNetwork.peer(1_000 + number), ["/ip4/10.0.0.2/tcp/1"])]
                try network.receive(try MDNSNetwork.response(peers, timeToLive: .max), from: number)
            }
        }
        try flood(0..<1_000)
        #expect(network.events[0].count == MDNSLimits.discoveryBurst)
        for round in 1..<60 {
            network.now = network.now + .seconds(1)
            try flood(round * 1_000..<round * 1_000 + 30)
        }
        #expect(network.sessions[0].peerCount == MDNSLimits.peers)
        // The longest that anybody's word is kept.
        network.now = network.now + MDNSLimits.longestTimeToLive
        network.collect()
        #expect(network.sessions[0].peerCount == 0)
    }

    @Test func `a peer that changes its addresses all the time is told at a bounded rate, with bounded addresses`()
        throws
    {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        for number in 0..<200 {
            let addresses = (0..<40).map { "/ip4/10.0.0.2/tcp/\(1 + (number * 40 + $0) % 60_000)" }
            try network.receive(try MDNSNetwork.response([(MDNSNetwork.peer(5), addresses)]), from: 1)
        }
        #expect(network.events[0].count == MDNSLimits.discoveryBurst)
        for case .discovered(_, let addresses) in network.events[0] {
            #expect(addresses.count <= MDNSLimits.addressesPerPeer)
        }
    }

    @Test(arguments: [
        "/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1", "/ip4/0.0.0.0/tcp/1",
        "/ip4/224.0.0.251/tcp/1", "/ip6/fe80::1/tcp/1", "/dns4/a.example/tcp/1", "/dnsaddr/a.example", "/memory/1",
        "/ip4/10.0.0.9/tcp/1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit", "/nonsense", "",
    ])
    func `an address that leads nowhere on the network is passed over`(_ address: String) throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        try network.receive(try MDNSNetwork.response([(MDNSNetwork.peer(5), [address])]), from: 1)
        #expect(network.events[0].isEmpty)
    }

    @Test func `one name does not speak of two peers, nor anybody of this node`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        let instance = try DNSName(["x"]).under(MDNSNames.service)
        var message = DNSMessage(isResponse: true)
        message.answers = [DNSRecord(MDNSNames.service, timeToLive: 360, .pointer(instance))]
        let texts = [5, 6].map { Bytes(utf8: "dnsaddr=/ip4/10.0.0.\($0)/tcp/1/p2p/\(MDNSNetwork.peer($0))") }
        message.additionals = [DNSRecord(instance, timeToLive: 360, .texts(texts))]
        try network.receive(message.bytes, from: 1)
        #expect(
            network.events[0] == [.discovered(MDNSNetwork.peer(5), [try Multiaddr("/ip4/10.0.0.5/tcp/1")])])
        try network.receive(
            try MDNSNetwork.response([(MDNSNetwork.peer(0), ["/ip4/10.0.0.5/tcp/1"])]), from: 1)
        #expect(network.events[0].count == 1)
    }

    @Test func `garbage changes nothing`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        var generator = SeededGenerator(seed: 3)
        let good = try MDNSNetwork.response([(MDNSNetwork.peer(5), ["/ip4/10.0.0.5/tcp/1"])])
        for _ in 0..<1_000 { try? network.receive(generator.mutated(good), from: 1) }
        for _ in 0..<1_000 { try? network.receive(generator.bytes(count: 0...200), from: 1) }
        #expect(network.sessions[0].peerCount <= MDNSLimits.peersPerSender)
    }

    // MARK: Dials

    @Test func `few discovered peers are dialled at a time, and those not reached less and less often`() {
        var dials = DiscoveredDials()
        var now = Instant(nanoseconds: 0)
        for number in 0..<(MDNSLimits.peers + 100) { dials.discovered(MDNSNetwork.peer(number), now: now) }
        var first: [PeerID] = []
        while let peer = dials.next(now: now) { first.append(peer) }
        #expect(first == (0..<MDNSLimits.concurrentDials).map { MDNSNetwork.peer($0) })
        #expect(dials.nextDeadline == nil)
        // A peer that is lost and found while its dial runs does not make room for another.
        dials.lost(first[0])
        dials.discovered(first[0], now: now)
        #expect(dials.next(now: now) == nil)

        dials = DiscoveredDials()
        dials.discovered(MDNSNetwork.peer(1), now: now)
        var waits: [Duration] = []
        for _ in 0..<10 {
            #expect(dials.next(now: now) == MDNSNetwork.peer(1))
            dials.ended(MDNSNetwork.peer(1), isConnected: false, now: now)
            dials.discovered(MDNSNetwork.peer(1), now: now)
            #expect(dials.next(now: now) == nil)
            let next = dials.nextDeadline ?? now
            waits.append(next - now)
            now = next
        }
        #expect(waits.first == MDNSLimits.firstDialDelay)
        #expect(waits.last == MDNSLimits.lastDialDelay)
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $1 >= $0 })
    }
}
