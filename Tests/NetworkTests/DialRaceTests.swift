import Bytes
import Multiformats
import PeerIdentity
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

    private static let refused = TransportError(.refused, "nobody listens there")

    // MARK: What is begun

    @Test func `a race without addresses is over, and one with addresses is not`() throws {
        var race = try self.race()
        #expect(race.isOver)
        race.add([try Self.address(1)])
        #expect(!race.isOver)
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        #expect(!race.isOver)
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        #expect(race.isOver)
    }

    @Test func `names and addresses without names do not take each other's turns`() throws {
        var race = try self.race(atOnce: 2)
        race.add(try (1...3).map { try Self.name($0) } + (1...3).map { try Self.address($0) })
        let first: [DialRace.Step] = try [
            .connect(Self.address(1)), .connect(Self.address(2)), .resolve(Self.name(1)), .resolve(Self.name(2)),
        ]
        #expect(self.steps(&race) == first)
        race.failed(first[2], Self.refused, now: .zero)
        #expect(self.steps(&race) == [.resolve(try Self.name(3))])
        race.failed(first[1], Self.refused, now: .zero)
        #expect(self.steps(&race) == [.connect(try Self.address(3))])
    }

    @Test func `what is added goes before what waits, and what a name led to behind it`() throws {
        var race = try self.race(atOnce: 1)
        race.add([try Self.address(1), try Self.address(2), try Self.name(1)])
        _ = self.steps(&race)
        race.found([try Self.address(5)])
        race.add([try Self.address(3), try Self.address(4)])
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
        race.add([address, name, try address.appending(self.peer.get()), address])
        race.found([try address.appending(self.peer.get())])
        #expect(self.steps(&race) == [.connect(address), .resolve(name)])
        race.failed(.connect(address), Self.refused, now: .zero)
        race.add([address, name])
        #expect(self.steps(&race) == [])
        race.resolved(name, failures: [], now: .zero)
        #expect(race.isOver)
    }

    @Test func `what names another peer is passed over`() throws {
        var race = try self.race()
        let other = try PrivateKey.generate().peerID
        let relay = try Self.address(3).appending(other)
        race.add([try Self.address(1).appending(other), try Multiaddr("/p2p/\(try self.peer.get())")])
        race.found([try Self.address(2).appending(other)])
        #expect(race.isOver)
        // The relay's name is not that of whoever is reached through it.
        let circuit = try Multiaddr("\(relay)/p2p-circuit")
        race.add([try circuit.appending(self.peer.get())])
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
        race.add([address])
        #expect(self.steps(&race) == [.connect(address)])
    }

    // MARK: Bounds

    @Test func `so many at all have a turn, and those that wait give way to those that come`() throws {
        var race = try self.race(atOnce: 1, inAll: 3)
        race.add(try (1...5).map { try Self.address($0) })
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        race.add([try Self.address(6)])
        race.found([try Self.address(7)])
        for number in [1, 6, 2] {
            race.failed(.connect(try Self.address(number)), Self.refused, now: .zero)
            _ = race.nextStep(now: .zero)
        }
        #expect(race.isOver)
        race.add([try Self.address(8)])
        #expect(race.isOver)
        #expect(try race.failures.map(\.address) == [1, 6, 2].map { try Self.address($0) })
    }

    @Test func `an address that gave way may come again`() throws {
        var race = try self.race(atOnce: 1, inAll: 2)
        race.add([try Self.address(1), try Self.address(2)])
        race.add([try Self.address(3)])
        race.add([try Self.address(2)])
        #expect(self.steps(&race) == [.connect(try Self.address(2))])
    }

    @Test func `a bound of none is taken as one`() throws {
        var race = try self.race(atOnce: 0, inAll: 0)
        race.add([try Self.address(1), try Self.address(2)])
        #expect(self.steps(&race) == [.connect(try Self.address(1))])
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        #expect(race.isOver)
    }

    // MARK: Failures

    @Test func `each failure has its own address, kind, cause and time`() throws {
        var race = try self.race()
        race.add([try Self.address(1), try Self.name(1), try Self.name(2)])
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
        race.add(try [Self.name(1)] + (1...4).map { try Self.address($0) })
        _ = self.steps(&race, at: 0)
        race.failed(.connect(try Self.address(2)), Self.refused, now: Self.instant(5))
        _ = self.steps(&race, at: 10)
        let attempts = race.attempts(now: Self.instant(40))
        let addresses = try [2, 1, 3, 4].map { try Self.address($0) }
        #expect(try attempts.map(\.address) == addresses + [Self.name(1)])
        #expect(attempts.map(\.kind) == [.refused, .timedOut, .timedOut, .timedOut, .timedOut])
        #expect(attempts.map(\.duration) == [5, 40, 30, 0, 40].map { .milliseconds($0) })
    }

    @Test func `the end of what was not begun changes nothing`() throws {
        var race = try self.race()
        race.failed(.connect(try Self.address(1)), Self.refused, now: .zero)
        race.resolved(try Self.name(1), failures: [.init(name: "a", reason: "a is unknown")], now: .zero)
        #expect(race.failures.isEmpty)
    }
}
