import Bytes
import Multiformats
import TestSupport
import Testing

@testable import Swarm

/// When it is believed what peers say of where they see this node (libp2p identify, "observedAddr").
@Suite struct ObservedAddressesTests {
    private static let listener = Result { try Multiaddr("/ip4/0.0.0.0/tcp/4001") }
    private static let seen = Result { try Multiaddr("/ip4/8.8.4.4/tcp/14001") }
    private static let hour = Instant(nanoseconds: 3_600_000_000_000)

    /// The observer of a network of its own, and one of its addresses.
    private static func observer(_ network: Int, _ host: Int = 1) throws -> IPAddress {
        try #require(IPAddress("1.2.\(network).\(host)"))
    }

    private func observe(
        _ addresses: inout ObservedAddresses, _ observed: String? = nil, at listener: String? = nil,
        by observer: IPAddress, over connection: Int = 0, now: Instant = .zero
    ) throws {
        addresses.observe(
            try observed.map { try Multiaddr($0) } ?? Self.seen.get(),
            at: try listener.map { try Multiaddr($0) } ?? Self.listener.get(), by: observer,
            over: UInt64(connection), now: now)
    }

    private func addresses(seenBy observers: Int = 0) throws -> ObservedAddresses {
        var addresses = ObservedAddresses(.init())
        for number in 0..<observers { try self.observe(&addresses, by: Self.observer(number), over: number) }
        return addresses
    }

    // MARK: Agreement

    @Test func `an address is believed when four observers in different networks agree`() throws {
        #expect(try self.addresses(seenBy: 3).confirmed == [])
        #expect(try self.addresses(seenBy: 4).confirmed == [Self.seen.get()])
    }

    @Test func `many peers of one network are one observer`() throws {
        var addresses = try self.addresses()
        for host in 1..<255 { try self.observe(&addresses, by: Self.observer(1, host), over: host) }
        for host in 1..<255 {
            let ip = try #require(IPAddress("2600:0:0:12\(String(host, radix: 16))::1"))
            try self.observe(&addresses, by: ip, over: host)
        }
        #expect(addresses.confirmed == [])
        #expect(addresses.voteCount <= 1 + 16)
    }

    /// Harness case 18: observed-address poisoning.
    @Test func `a peer that claims ten thousand addresses has one vote`() throws {
        var addresses = try self.addresses(seenBy: 4)
        for number in 0..<10_000 {
            try self.observe(
                &addresses, "/ip4/9.9.\(number / 256).\(number % 256)/tcp/1", by: Self.observer(100), over: 100)
        }
        #expect(addresses.voteCount == 5)
        #expect(addresses.confirmed == [try Self.seen.get()])
    }

    @Test func `votes are bounded however many networks they come from, and so are the addresses`() throws {
        var addresses = try self.addresses()
        for number in 0..<600 {
            let observer = try #require(IPAddress("1.\(number / 256).\(number % 256).1"))
            try self.observe(&addresses, "/ip4/9.9.9.\(number / 10 % 20)/tcp/1", by: observer, over: number)
            #expect(addresses.voteCount <= 256)
            #expect(addresses.confirmed.count <= 3)
        }
        for number in 0..<100 {
            try self.observe(&addresses, at: "/ip4/10.0.0.\(number)/tcp/1", by: Self.observer(1))
        }
        #expect(addresses.voteCount <= 256 + 15)
    }

    @Test func `an observer that changes its mind takes its former word back`() throws {
        var addresses = try self.addresses(seenBy: 4)
        try self.observe(&addresses, "/ip4/9.9.9.9/tcp/1", by: Self.observer(0))
        #expect(addresses.confirmed == [])
    }

    @Test func `the addresses of most observers come first`() throws {
        var addresses = try self.addresses(seenBy: 4)
        for number in 10..<15 { try self.observe(&addresses, "/ip4/9.9.9.9/tcp/1", by: Self.observer(number)) }
        #expect(addresses.confirmed.map(\.description) == ["/ip4/9.9.9.9/tcp/1", "/ip4/8.8.4.4/tcp/14001"])
    }

    // MARK: What counts

    @Test(arguments: [
        "/ip4/10.0.0.1/tcp/4001", "/ip4/127.0.0.1/tcp/4001", "/ip4/169.254.0.1/tcp/1", "/ip4/0.0.0.0/tcp/1",
        "/ip4/100.64.0.1/tcp/1", "/ip4/8.8.4.4/tcp/0", "/ip4/8.8.4.4/udp/4001/quic-v1", "/ip6/2600::1/tcp/4001",
        "/dns4/example.org/tcp/4001", "/ip4/8.8.4.4", "/memory/1", "/ip6/fe80::1/tcp/1",
        "/ip4/8.8.4.4/tcp/1/p2p/12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs/p2p-circuit",
    ])
    func `what is no public address of the same family and protocol never counts`(text: String) throws {
        var addresses = try self.addresses()
        for number in 0..<10 { try self.observe(&addresses, text, by: Self.observer(number)) }
        #expect(addresses.confirmed == [])
        #expect(addresses.voteCount == 0)
    }

    @Test func `what a peer in a private network says never counts`() throws {
        var addresses = try self.addresses()
        for number in 0..<10 {
            for text in [
                "10.0.\(number).1", "127.\(number).0.1", "::1", "fd00::\(number)", "::ffff:192.168.\(number).1",
            ] {
                try self.observe(&addresses, by: try #require(IPAddress(text)))
            }
        }
        #expect(addresses.voteCount == 0)
    }

    @Test func `what is behind the port is of the listener`() throws {
        var addresses = try self.addresses()
        for number in 0..<4 {
            try self.observe(&addresses, at: "/ip6/::/tcp/4001/ws", by: Self.observer(number))
            try self.observe(&addresses, "/ip6/2600::5/tcp/9", at: "/ip6/::/tcp/4001/ws", by: Self.observer(number))
        }
        #expect(addresses.confirmed.map(\.description) == ["/ip6/2600::5/tcp/9/ws"])
    }

    @Test func `each address that is listened on is counted by itself`() throws {
        var addresses = try self.addresses(seenBy: 2)
        for number in 2..<4 { try self.observe(&addresses, at: "/ip4/0.0.0.0/tcp/5001", by: Self.observer(number)) }
        #expect(addresses.confirmed == [])
        addresses.keep([try Self.listener.get()])
        #expect(addresses.voteCount == 2)
    }

    // MARK: Time

    @Test func `a word counts while the connection stands, and half an hour longer`() throws {
        var addresses = try self.addresses(seenBy: 4)
        addresses.expire(now: Self.hour)
        #expect(addresses.confirmed.count == 1)
        #expect(addresses.nextDeadline == nil)
        addresses.disconnected(2, now: Self.hour)
        let end = Self.hour + .seconds(30 * 60)
        #expect(addresses.nextDeadline == end)
        addresses.expire(now: Instant(nanoseconds: end.nanoseconds - 1))
        #expect(addresses.confirmed.count == 1)
        addresses.expire(now: end)
        #expect(addresses.confirmed == [])
        #expect(addresses.voteCount == 3)
        #expect(addresses.nextDeadline == nil)
    }

    @Test func `the end of a connection does not end what was said over a later one`() throws {
        var addresses = try self.addresses(seenBy: 4)
        try self.observe(&addresses, by: Self.observer(3), over: 33)
        addresses.disconnected(3, now: .zero)
        #expect(addresses.nextDeadline == nil)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `what is believed is what enough live votes say, whatever happens`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var addresses = ObservedAddresses(.init())
        var now = Instant.zero
        var model: [Int: (place: Int, connection: Int, end: Instant?)] = [:]
        for connection in 0..<300 {
            now = now + .seconds(Int64.random(in: 0...200, using: &random))
            addresses.expire(now: now)
            model = model.filter { $0.value.end.map { $0 > now } ?? true }
            if Bool.random(using: &random) {
                let (observer, place) = (Int.random(in: 0..<12, using: &random), Int.random(in: 1...3, using: &random))
                try self.observe(
                    &addresses, "/ip4/9.9.9.\(place)/tcp/1", by: Self.observer(observer), over: connection, now: now)
                model[observer] = (place, connection, nil)
            } else {
                let ended = Int.random(in: 0...connection, using: &random)
                addresses.disconnected(ended, now: now)
                for (observer, vote) in model where vote.connection == ended && vote.end == nil {
                    model[observer]?.end = now + .seconds(30 * 60)
                }
            }
            let believed = (1...3).filter { place in model.values.filter { $0.place == place }.count >= 4 }
            #expect(addresses.confirmed.map(\.description).sorted() == believed.map { "/ip4/9.9.9.\($0)/tcp/1" })
            #expect(addresses.voteCount == model.count)
        }
    }
}

extension ObservedAddresses {
    fileprivate mutating func disconnected(_ connection: Int, now: Instant) {
        self.disconnected(UInt64(connection), now: now)
    }
}
