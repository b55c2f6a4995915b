import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing
import Transport

@testable import Swarm

/// The bookkeeping of a dial, without one.
@Suite struct DialRaceTests {
    private let peer = Result { try PrivateKey.generate().peerID }

    private func race(atOnce: Int = 8, inAll: Int = 64) throws -> DialRace {
        DialRace(peer: try self.peer.get(), atOnce: atOnce, inAll: inAll)
    }

    private static func address(_ number: Int) throws -> Multiaddr { try Multiaddr("/ip4/192.0.2.\(number)/tcp/1") }
    private static func name(_ number: Int) throws -> Multiaddr { try Multiaddr("/dns4/n\(number).test/tcp/1") }
    private static func instant(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// What the race lets begin now.
    private func steps(_ race: inout DialRace, at milliseconds: Int64 = 0) -> [DialRace.Step] {
        var steps: [DialRace.Step] = []
        while let step = race.nextStep(now: Self.instant(milliseconds)) { steps.append(step) }
        return steps
    }

    /// What an address of the own network waits for the one before, in milliseconds.
    private static let step: Int64 = 30

    private static let refused = TransportError(.refused, "nobody listens there")

    // MARK: What is begun

    @Test func `a race without addresses is over, and one with addresses is not`() throws {
        var race = try self.race()
        #expect(race.isOver)
        race.add([try Self.address(1)], now: .zero)
        #expect(!race.isOver)
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        #expect(!race.isOver)
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        #expect(race.isOver)
    }

    @Test func `names and addresses without names do not take each other's turns`() throws {
        var race = try self.race(atOnce: 2)
        race.add(try (1...3).map { try Self.name($0) } + (1...3).map { try Self.address($0) }, now: .zero)
        let first: [DialRace.Step] = try [
            .connect(Self.address(1)), .resolve(Self.name(1)), .resolve(Self.name(2)), .connect(Self.address(2)),
        ]
        #expect(self.steps(&race) == Array(first[..<3]))
        #expect(self.steps(&race, at: Self.step) == [first[3]])
        race.failed(first[1], Self.refused, now: .zero)
        #expect(self.steps(&race, at: Self.step) == [.resolve(try Self.name(3))])
        race.failed(first[3], Self.refused, now: .zero)
        #expect(self.steps(&race, at: Self.step) == [.connect(try Self.address(3))])
    }

    @Test func `what is added goes before what waits, and what a name led to behind it`() throws {
        var race = try self.race(atOnce: 1)
        race.add([try Self.address(1), try Self.address(2), try Self.name(1)], now: .zero)
        _ = self.steps(&race)
        race.found([try Self.address(5)], now: .zero)
        race.add([try Self.address(3), try Self.address(4)], now: .zero)
        var order: [Int] = []
        for number in [1, 3, 4, 2, 5] {
            race.failed(.connect(try Self.address(number)), Self.refused, now: .zero)
            if race.nextStep(now: .zero) != nil { order.append(number) }
        }
        #expect(order == [1, 3, 4, 2])
        #expect(try race.failures.map(\.address) == [1, 3, 4, 2, 5].map { try Self.address($0) })
    }

    @Test func `an address is tried once, whoever brings it and in whatever form`() throws {
        var race = try self.race()
        let (address, name) = (try Self.address(1), try Self.name(1))
        race.add([address, name, try address.appending(self.peer.get()), address], now: .zero)
        race.found([try address.appending(self.peer.get())], now: .zero)
        #expect(self.steps(&race) == [.connect(address), .resolve(name)])
        race.failed(.connect(address), Self.refused, now: .zero)
        race.add([address, name], now: .zero)
        #expect(self.steps(&race) == [])
        race.resolved(name, failures: [], now: .zero)
        #expect(race.isOver)
    }

    @Test func `what names another peer is passed over`() throws {
        var race = try self.race()
        let other = try PrivateKey.generate().peerID
        let relay = try Self.address(3).appending(other)
        race.add([try Self.address(1).appending(other), try Multiaddr("/p2p/\(try self.peer.get())")], now: .zero)
        race.found([try Self.address(2).appending(other)], now: .zero)
        #expect(race.isOver)
        // The relay's name is not that of whoever is reached through it.
        let circuit = try Multiaddr("\(relay)/p2p-circuit")
        race.add([try circuit.appending(self.peer.get())], now: .zero)
        #expect(self.steps(&race) == [.connect(circuit)])
    }

    @Test func `names are asked for with the peer that the answers must be of`() throws {
        let peer = try self.peer.get()
        let name = try Multiaddr("/dnsaddr/a.test")
        #expect(name.named(peer).description == "/dnsaddr/a.test/p2p/\(peer)")
        #expect(name.named(nil) == name)
    }

    @Test func `whoever answers is dialled at the address as it was given`() throws {
        var race = DialRace(peer: nil, atOnce: 8, inAll: 64)
        let address = try Self.address(1).appending(self.peer.get())
        race.add([address], now: .zero)
        #expect(self.steps(&race) == [.connect(address)])
    }

    // MARK: Bounds

    @Test func `so many at all have a turn, and those that wait give way to those that come`() throws {
        var race = try self.race(atOnce: 1, inAll: 3)
        race.add(try (1...5).map { try Self.address($0) }, now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        race.add([try Self.address(6)], now: .zero)
        race.found([try Self.address(7)], now: .zero)
        for number in [1, 6, 2] {
            race.failed(.connect(try Self.address(number)), Self.refused, now: .zero)
            _ = race.nextStep(now: .zero)
        }
        #expect(race.isOver)
        race.add([try Self.address(8)], now: .zero)
        #expect(race.isOver)
        #expect(try race.failures.map(\.address) == [1, 6, 2].map { try Self.address($0) })
    }

    @Test func `an address that gave way may come again`() throws {
        var race = try self.race(atOnce: 1, inAll: 2)
        race.add([try Self.address(1), try Self.address(2)], now: .zero)
        race.add([try Self.address(3)], now: .zero)
        race.add([try Self.address(2)], now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(2))])
    }

    @Test func `a bound of none is taken as one`() throws {
        var race = try self.race(atOnce: 0, inAll: 0)
        race.add([try Self.address(1), try Self.address(2)], now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        #expect(race.isOver)
    }

    // MARK: One behind the other

    @Test func `an address begins when those before had their time, or as soon as one has failed`() throws {
        var race = try self.race()
        let addresses = try (1...4).map { try Multiaddr("/ip4/1.1.1.\($0)/tcp/1") } + [Multiaddr("/ip6/2600::1/tcp/1")]
        race.add(addresses, now: .zero)
        #expect(self.steps(&race) == [.connect(addresses[4])])
        #expect(race.nextDeadline == Self.instant(250))
        #expect(self.steps(&race, at: 249) == [])
        #expect(self.steps(&race, at: 250) == [.connect(addresses[0])])
        #expect(race.nextDeadline == Self.instant(500))
        race.failed(.connect(addresses[4]), Self.refused, now: Self.instant(260))
        #expect(self.steps(&race, at: 260) == [.connect(addresses[1])])
        #expect(self.steps(&race, at: 499) == [])
        #expect(self.steps(&race, at: 500) == [.connect(addresses[2]), .connect(addresses[3])])
        #expect(race.nextDeadline == nil)
    }

    @Test func `where nothing is under way, nothing is waited for`() throws {
        var race = try self.race()
        let relay = try Multiaddr("/ip4/1.1.1.1/tcp/1").appending(self.peer.get())
        let circuit = try Multiaddr("\(relay)/p2p-circuit")
        race.add([try Self.address(1), circuit], now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        race.failed(.connect(try Self.address(1)), Self.refused, now: Self.instant(1))
        #expect(self.steps(&race, at: 1) == [.connect(circuit)])
    }

    @Test func `what comes in parts does not begin at once with each part`() throws {
        var race = try self.race()
        race.addKnown(try (1...2).map { try Self.name($0) }, now: .zero)
        _ = self.steps(&race)
        let addresses = try (1...3).map { try Multiaddr("/ip4/1.1.1.\($0)/tcp/1") }
        race.found([addresses[0]], now: Self.instant(10))
        #expect(self.steps(&race, at: 10) == [.connect(addresses[0])])
        race.found([addresses[1]], now: Self.instant(11))
        race.found([addresses[2]], now: Self.instant(12))
        #expect(self.steps(&race, at: 12) == [])
        #expect(race.nextDeadline == Self.instant(260))
        // What somebody brings begins at once.
        race.add([try Self.address(4)], from: .explicit, now: Self.instant(13))
        #expect(self.steps(&race, at: 13) == [.connect(try Self.address(4))])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `each address is tried once, never too many at a time, and the race ends`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var race = try self.race(atOnce: 3)
        var now = Instant.zero
        var (underWay, tried): ([DialRace.Step], [DialRace.Step]) = ([], [])
        func addresses() throws -> [Multiaddr] {
            try (0..<Int.random(in: 0...4, using: &random)).map { _ in
                let host = Int.random(in: 1...20, using: &random)
                return try Multiaddr(
                    Bool.random(using: &random) ? "/ip4/1.1.1.\(host)/tcp/1" : "/ip6/2600::\(host)/tcp/1")
            }
        }
        for round in 0..<200 {
            while let step = race.nextStep(now: now) {
                underWay.append(step)
                tried.append(step)
            }
            #expect(underWay.count <= 3)
            #expect(race.isOver == (underWay.isEmpty && race.nextDeadline == nil))
            // Whatever waits has a time at which it begins, or something to wait for.
            #expect(!underWay.isEmpty || race.isOver)
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where round < 100: race.add(try addresses(), now: now)
            case 1 where round < 100: race.found(try addresses(), now: now)
            case 2: now = race.nextDeadline ?? now
            default:
                now = now + .milliseconds(Int64.random(in: 0...100, using: &random))
                guard let index = underWay.indices.randomElement(using: &random) else { continue }
                race.failed(underWay.remove(at: index), Self.refused, now: now)
            }
        }
        for step in underWay { race.failed(step, Self.refused, now: now) }
        #expect(race.isOver)
        #expect(Set(tried).count == tried.count)
        #expect(Set(race.failures.map(\.address)) == Set(tried.map(\.address)))
    }

    // MARK: What is not dialled

    private static let refusal = DialRefusal.filtered("it is not for us")

    private func step(
        _ race: inout DialRace, at milliseconds: Int64 = 0, refusal: (Multiaddr, DialOrigin) -> DialRefusal?
    ) -> DialRace.Step? {
        race.nextStep(now: Self.instant(milliseconds), refusal: refusal)
    }

    @Test func `an address that is refused counts as failed, and the next begins at once`() throws {
        var race = try self.race()
        race.add(try (1...3).map { try Self.address($0) }, now: .zero)
        let second = try Self.address(2)
        let step = race.nextStep(now: .zero) { address, _ in address == second ? nil : Self.refusal }
        #expect(step == .connect(second))
        #expect(race.failures.map(\.cause) == ["not dialled: it is not for us"])
        #expect(self.step(&race, at: Self.step) { _, _ in Self.refusal } == nil)
        #expect(!race.isOver)
        race.failed(.connect(second), Self.refused, now: Self.instant(Self.step))
        #expect(race.isOver)
        #expect(race.failures.map(\.kind) == [.filtered, .filtered, .refused])
        #expect(race.failures.map(\.duration)[..<2] == [.zero, .zero])
    }

    @Test func `a race whose addresses are all refused is over at once`() throws {
        var race = try self.race(atOnce: 1)
        race.add(try (1...20).map { try Self.address($0) }, now: .zero)
        #expect(self.step(&race) { _, _ in Self.refusal } == nil)
        #expect(race.isOver)
        #expect(race.failures.count == 20)
    }

    @Test func `who wants an address explicitly gets it tried though it was refused`() throws {
        var race = try self.race()
        let address = try Self.address(1)
        race.addKnown([address, try Self.address(2)], heard: [address], now: .zero)
        func refusal(_ address: Multiaddr, _ origin: DialOrigin) -> DialRefusal? {
            origin == .explicit ? nil : Self.refusal
        }
        #expect(race.origin(of: address) == .heard)
        #expect(self.step(&race, refusal: refusal) == nil)
        #expect(race.failures.count == 2)
        race.add([address], now: .zero)
        #expect(self.step(&race, refusal: refusal) == nil)
        race.add([try address.appending(self.peer.get())], from: .explicit, now: .zero)
        #expect(self.step(&race, refusal: refusal) == .connect(address))
        #expect(try race.failures.map(\.address) == [Self.address(2)])
    }

    @Test func `an address that waits comes first when somebody wants it explicitly`() throws {
        var race = try self.race()
        race.add(try (1...3).map { try Self.address($0) }, now: .zero)
        _ = self.steps(&race)
        race.add([try Self.address(3)], from: .explicit, now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(3))])
    }

    @Test func `what a name leads to is of whoever brought the name`() throws {
        var race = try self.race()
        race.addKnown([try Self.name(1)], heard: [try Self.name(1)], now: .zero)
        race.add([try Self.name(2)], from: .explicit, now: .zero)
        race.found([try Self.address(1)], by: try Self.name(1), now: .zero)
        race.found([try Self.address(2)], by: try Self.name(2), now: .zero)
        race.found([try Self.address(3)], by: try Self.name(3), now: .zero)
        #expect(try (1...3).map { race.origin(of: try Self.address($0)) } == [.heard, .explicit, .noted])
    }

    @Test func `a peer is public by one address or a name`() throws {
        for (text, isPublic) in [("/ip4/10.0.0.1/tcp/1", false), ("/ip4/1.1.1.1/tcp/1", true), ("/dns/a/tcp/1", true)] {
            var race = try self.race()
            race.add([try Multiaddr("/ip4/127.0.0.1/tcp/1"), try Multiaddr(text)], now: .zero)
            #expect(race.isPublic == isPublic)
        }
    }

    // MARK: Failures

    @Test func `each failure has its own address, kind, cause and time`() throws {
        var race = try self.race()
        race.add([try Self.address(1), try Self.name(1), try Self.name(2)], now: .zero)
        _ = self.steps(&race, at: 100)
        race.failed(.connect(try Self.address(1)), Self.refused, now: Self.instant(130))
        race.failed(
            .resolve(try Self.name(1)), TransportError(.nameNotFound, "no such name"), now: Self.instant(150))
        let failures = [
            ResolvedAddresses.Failure(name: "a", reason: "a is unknown"),
            ResolvedAddresses.Failure(name: "b", reason: "b is silent", code: .timedOut),
        ]
        race.resolved(try Self.name(2), failures: failures, now: Self.instant(170))
        #expect(race.isOver)
        #expect(
            try race.failures.map(\.address) == [Self.address(1), Self.name(1), Self.name(2), Self.name(2)])
        #expect(race.failures.map(\.kind) == [.refused, .nameNotFound, .nameNotFound, .timedOut])
        #expect(
            race.failures.map(\.cause) == ["nobody listens there", "no such name", "a is unknown", "b is silent"])
        #expect(race.failures.map(\.duration) == [30, 50, 70, 70].map { .milliseconds($0) })
    }

    @Test func `when time runs out, what is under way or waits is told behind the failures`() throws {
        var race = try self.race(atOnce: 2)
        race.add(try [Self.name(1)] + (1...4).map { try Self.address($0) }, now: .zero)
        _ = self.steps(&race, at: 0)
        _ = self.steps(&race, at: Self.step)
        race.failed(.connect(try Self.address(2)), Self.refused, now: Self.instant(Self.step + 5))
        _ = self.steps(&race, at: Self.step + 10)
        let attempts = race.attempts(now: Self.instant(Self.step + 40))
        let addresses = try [2, 1, 3, 4].map { try Self.address($0) }
        #expect(try attempts.map(\.address) == addresses + [Self.name(1)])
        #expect(attempts.map(\.kind) == [.refused, .timedOut, .timedOut, .timedOut, .timedOut])
        #expect(attempts.map(\.duration) == [5, 70, 30, 0, 70].map { .milliseconds($0) })
    }

    @Test func `the end of what was not begun changes nothing`() throws {
        var race = try self.race()
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        race.resolved(try Self.name(1), failures: [.init(name: "a", reason: "a is unknown")], now: .zero)
        #expect(race.failures.isEmpty)
    }
}
