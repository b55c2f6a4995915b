import Multiformats
import TestSupport
import Testing

@testable import Swarm

/// Whose turn it is to dial.
@Suite struct DialSlotsTests {
    private static func limits(
        perNode: Int, perHost: Int = 1_000, perPort: Int, waiting: Int = 1_000
    ) -> DialLimits {
        var limits = DialLimits()
        limits.perNode = perNode
        limits.perHost = perHost
        limits.perPort = perPort
        limits.waiting = waiting
        return limits
    }

    private static func target(_ host: Int, port: Int = 1) throws -> DialSlots.Target {
        DialSlots.Target(try Multiaddr("/ip4/1.2.3.\(host)/tcp/\(port)"))
    }

    @Test func `one port is one target, whatever is behind it`() throws {
        func target(_ text: String) throws -> DialSlots.Target { DialSlots.Target(try Multiaddr(text)) }
        #expect(try target("/ip4/1.2.3.4/tcp/1") == target("/ip4/1.2.3.4/tcp/1/tls/ws"))
        #expect(try target("/ip4/1.2.3.4/tcp/1") != target("/ip4/1.2.3.4/tcp/2"))
        #expect(try target("/memory/1") != target("/memory/2"))
    }

    @Test func `the ports of a host have a share together, and so has a network of IPv6`() throws {
        var slots = DialSlots(Self.limits(perNode: 10, perHost: 2, perPort: 2))
        let texts =
            ["/ip4/1.2.3.4/tcp/1", "/ip6/::ffff:1.2.3.4/tcp/2", "/ip4/1.2.3.4/udp/3/quic-v1", "/ip4/1.2.3.5/tcp/1"]
            + ["/ip6/2600::1/tcp/1", "/ip6/2600::2/tcp/1", "/ip6/2600::3/tcp/1", "/ip6/2600:0:0:1::1/tcp/1"]
        let answers = try texts.enumerated().map { index, text in
            slots.request(UInt64(index), at: DialSlots.Target(try Multiaddr(text)), isUrgent: false)
        }
        #expect(answers == [.begin, .begin, .wait, .begin, .begin, .begin, .wait, .begin])
        let next = [0, 3, 4].map { slots.leave($0) }
        #expect(next == [[2], [], [6]])
    }

    @Test func `what does not answer takes its share alone`() throws {
        var slots = DialSlots(Self.limits(perNode: 10, perPort: 4))
        let answers = try (1...8).map { slots.request($0, at: try Self.target(1), isUrgent: false) }
        #expect(answers == Array(repeating: .begin, count: 4) + Array(repeating: .wait, count: 4))
        let answer = slots.request(9, at: try Self.target(2), isUrgent: false)
        #expect(answer == .begin)
        let next = slots.leave(1)
        #expect(next == [5])
    }

    @Test func `where the node has no room, targets take turns`() throws {
        var slots = DialSlots(Self.limits(perNode: 2, perPort: 2))
        for id in 1...6 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.target(1), isUrgent: false) }
        for id in 7...8 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.target(2), isUrgent: false) }
        let answer = slots.request(9, at: try Self.target(3), isUrgent: false)
        #expect(answer == .wait)
        var order: [UInt64] = []
        for id in [1, 2] as [UInt64] { order += slots.leave(id) }
        for index in 0..<5 { order += slots.leave(order[index]) }
        #expect(order == [7, 9, 3, 8, 4, 5, 6])
    }

    @Test func `one that a person waits for is the next`() throws {
        var slots = DialSlots(Self.limits(perNode: 1, perPort: 1))
        for id in 1...3 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.target(Int(id)), isUrgent: false) }
        let answer = slots.request(4, at: try Self.target(3), isUrgent: true)
        #expect(answer == .wait)
        let next = [1, 4, 2].map { slots.leave($0) }
        #expect(next == [[4], [2], [3]])
    }

    @Test func `no more wait than may, and one that leaves makes room`() throws {
        var slots = DialSlots(Self.limits(perNode: 1, perPort: 1, waiting: 2))
        let answers = try (1...4).map { slots.request($0, at: try Self.target(1), isUrgent: false) }
        #expect(answers == [.begin, .wait, .wait, .full])
        let next = slots.leave(2)
        #expect(next == [])
        let answer = slots.request(5, at: try Self.target(2), isUrgent: false)
        #expect(answer == .wait)
        let nobody = slots.leave(4)
        #expect(nobody == [])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `none is forgotten and no bound is broken, whoever comes and leaves when`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits = Self.limits(perNode: 7, perHost: 4, perPort: 3, waiting: 20)
        var slots = DialSlots(limits)
        // Two hosts of two ports each.
        var begun: [UInt64: Int] = [:]
        var waiting: [UInt64: Int] = [:]
        let targets = try (0..<4).map { try Self.target($0 / 2, port: $0 % 2 + 1) }
        func begin(_ ids: [UInt64]) throws {
            for id in ids {
                let target: Int = try #require(waiting[id])
                waiting[id] = nil
                begun[id] = target
            }
        }
        for id in 0..<500 as Range<UInt64> {
            if Int.random(in: 0..<100, using: &random) < 55 {
                let target = Int.random(in: 0..<4, using: &random)
                switch slots.request(id, at: targets[target], isUrgent: .random(using: &random)) {
                case .begin: begun[id] = target
                case .wait: waiting[id] = target
                case .full: #expect(waiting.count == limits.waiting)
                }
            } else if let leaver = (begun.keys.sorted() + waiting.keys.sorted()).randomElement(using: &random) {
                begun[leaver] = nil
                waiting[leaver] = nil
                try begin(slots.leave(leaver))
            }
            #expect(slots.underWay == begun.count && slots.waiting == waiting.count)
            #expect(begun.count <= limits.perNode && waiting.count <= limits.waiting)
            for target in 0..<4 {
                let (onPort, onHost) = (
                    begun.values.filter { $0 == target }.count, begun.values.filter { $0 / 2 == target / 2 }.count
                )
                #expect(onPort <= limits.perPort && onHost <= limits.perHost)
                // Nobody waits for whom there is room.
                let isFull = onPort == limits.perPort || onHost == limits.perHost || begun.count == limits.perNode
                #expect(isFull || !waiting.values.contains(target))
            }
        }
        while let id = begun.keys.min() {
            begun[id] = nil
            try begin(slots.leave(id))
        }
        #expect(waiting.isEmpty)
    }
}
