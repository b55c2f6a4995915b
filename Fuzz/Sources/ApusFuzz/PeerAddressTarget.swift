import Bytes
import Multiformats

@testable import Swarm

extension FuzzTarget {
    /// The addresses that a peer is said to be at, each behind its length in one byte: a dial of them, and what they would be
    /// as observed addresses.
    static let peerAddresses = FuzzTarget(name: "peer-addresses") { input in
        let addresses = read(input)
        let ranked = DialRanker.rank(addresses).map(\.address)
        precondition(ranked.count == addresses.count && Set(ranked) == Set(addresses), "a rank leaves none out")
        dial(addresses)
        observe(addresses)
    } seeds: {
        let texts = [
            ["/ip4/1.2.3.4/tcp/4001", "/ip6/2600::1/tcp/4001", "/ip4/192.168.1.1/tcp/4001", "/dns4/example.org/tcp/1"],
            ["/ip4/1.2.3.4/udp/4001/quic-v1", "/ip4/1.2.3.4/udp/4001/quic-v1/webtransport", "/ip6/::/tcp/0"],
            ["/ip6zone/eth0/ip6/fe80::1/tcp/80", "/ip6/::ffff:10.0.0.1/tcp/1", "/memory/1", "/ip4/224.0.0.1/udp/1"],
        ]
        return try texts.map { texts in
            Bytes(
                try texts.flatMap { text in
                    let bytes = Array(try Multiaddr(text).bytes)
                    return [UInt8(truncatingIfNeeded: bytes.count)] + bytes
                })
        }
    }

    private static func read(_ input: Bytes) -> [Multiaddr] {
        var rest = Array(input)[...]
        var addresses: [Multiaddr] = []
        // A dial tries 64; with many more an execution only takes longer.
        while addresses.count < 72, let count = rest.popFirst() {
            if let address = try? Multiaddr(bytes: Bytes(rest.prefix(Int(count)))) { addresses.append(address) }
            rest = rest.dropFirst(Int(count))
        }
        return addresses
    }

    private static func dial(_ addresses: [Multiaddr]) {
        var race = DialRace(peer: nil, atOnce: 8, inAll: 64)
        let filter = DialFilter(ownAddresses: [.v4(IPv4Address(192, 168, 1, 7))])
        race.addKnown(addresses, heard: Set(addresses), now: .zero)
        let isPublic = race.isPublic
        var now = Instant.zero
        var steps = 0
        while !race.isOver {
            precondition(steps <= 2 * 64, "a dial is bounded")
            let step = race.nextStep(now: now) { address, origin in
                precondition(origin == .heard, "an address is of whoever told of it")
                return filter.objection(to: address, ofPublicPeer: isPublic).map { .filtered($0) }
            }
            guard let step else {
                precondition(race.isOver, "where nothing is under way, something begins")
                break
            }
            _ = DialSlots.Target(step.address)
            now = now + .milliseconds(1)
            race.failed(step, DialRefusal.tooManyWait(0), now: now)
            steps += 1
        }
        precondition(race.failures.allSatisfy { $0.cause.hasPrefix("not dialled: ") })
    }

    private static func observe(_ addresses: [Multiaddr]) {
        var observed = ObservedAddresses(.init())
        let listeners = [Multiaddr(.v4(.unspecified), tcp: 4_001), Multiaddr(.v6(.unspecified), tcp: 4_001)]
        for (index, address) in addresses.enumerated() {
            for listener in listeners {
                for network in 1...4 as ClosedRange<UInt8> {
                    observed.observe(
                        address, at: listener, by: .v4(IPv4Address(1, 2, network, 1)), over: UInt64(index), now: .zero)
                }
            }
            _ = AddressObserver.listener(of: address, among: listeners)
        }
        precondition(observed.voteCount <= 8, "an observer has one vote for each listener")
        for address in observed.confirmed {
            precondition(address.ipAddress?.unmapped.isGlobal == true && address.tcpPort != 0)
        }
    }
}
