import Multiformats
import TestSupport
import Testing

@testable import Swarm

/// Whose turn it is to dial.
@Suite struct DialSlotsTests {
    private static func limits(perNode: Int, perHost: Int, waiting: Int = 1_000) -> DialLimits {
        var limits = DialLimits()
        limits.perNode = perNode
        limits.perHost = perHost
        limits.waiting = waiting
        return limits
    }

    private static func host(_ number: Int) throws -> DialSlots.Host {
        DialSlots.Host(try Multiaddr("/ip4/1.2.3.\(number)/tcp/1"))
    }

    @Test func `addresses of one host count together, whatever their ports`() throws {
        func host(_ text: String) throws -> DialSlots.Host { DialSlots.Host(try Multiaddr(text)) }
        #expect(try host("/ip4/1.2.3.4/tcp/1") == host("/ip6/::ffff:1.2.3.4/udp/2/quic-v1"))
        #expect(try host("/ip4/1.2.3.4/tcp/1") != host("/ip4/1.2.3.5/tcp/1"))
        #expect(try host("/ip6/2600::1/tcp/1") == host("/ip6/2600::ffff:1/tcp/1"))
        #expect(try host("/ip6/2600::1/tcp/1") != host("/ip6/2600:0:0:1::1/tcp/1"))
        #expect(try host("/memory/1") != host("/memory/2"))
    }

    @Test func `a host that does not answer takes its share alone`() throws {
        var slots = DialSlots(Self.limits(perNode: 10, perHost: 4))
        let answers = try (1...8).map { slots.request($0, at: try Self.host(1), isUrgent: false) }
        #expect(answers == Array(repeating: .begin, count: 4) + Array(repeating: .wait, count: 4))
        let answer = slots.request(9, at: try Self.host(2), isUrgent: false)
        #expect(answer == .begin)
        let next = slots.leave(1)
        #expect(next == [5])
    }

    @Test func `where the node has no room, hosts take turns`() throws {
        var slots = DialSlots(Self.limits(perNode: 2, perHost: 2))
        for id in 1...6 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.host(1), isUrgent: false) }
        for id in 7...8 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.host(2), isUrgent: false) }
        let answer = slots.request(9, at: try Self.host(3), isUrgent: false)
        #expect(answer == .wait)
        var order: [UInt64] = []
        for id in [1, 2] as [UInt64] { order += slots.leave(id) }
        for index in 0..<5 { order += slots.leave(order[index]) }
        #expect(order == [7, 9, 3, 8, 4, 5, 6])
    }

    @Test func `one that a person waits for is the next`() throws {
        var slots = DialSlots(Self.limits(perNode: 1, perHost: 1))
        for id in 1...3 as ClosedRange<UInt64> { _ = slots.request(id, at: try Self.host(Int(id)), isUrgent: false) }
        let answer = slots.request(4, at: try Self.host(3), isUrgent: true)
        #expect(answer == .wait)
        let next = [1, 4, 2].map { slots.leave($0) }
        #expect(next == [[4], [2], [3]])
    }

    @Test func `no more wait than may, and one that leaves makes room`() throws {
        var slots = DialSlots(Self.limits(perNode: 1, perHost: 1, waiting: 2))
        let answers = try (1...4).map { slots.request($0, at: try Self.host(1), isUrgent: false) }
        #expect(answers == [.begin, .wait, .wait, .full])
        let next = slots.leave(2)
        #expect(next == [])
        let answer = slots.request(5, at: try Self.host(2), isUrgent: false)
        #expect(answer == .wait)
        let nobody = slots.leave(4)
        #expect(nobody == [])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `none is forgotten and no bound is broken, whoever comes and leaves when`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits = Self.limits(perNode: 7, perHost: 3, waiting: 20)
        var slots = DialSlots(limits)
        var begun: [UInt64: DialSlots.Host] = [:], waiting: [UInt64: DialSlots.Host] = [:]
        let hosts = try (1...4).map { try Self.host($0) }
        func begin(_ ids: [UInt64]) throws {
            for id in ids {
                let host: DialSlots.Host = try #require(waiting[id])
                waiting[id] = nil
                begun[id] = host
            }
        }
        for id in 0..<500 as Range<UInt64> {
            if Int.random(in: 0..<100, using: &random) < 55 {
                let host = try #require(hosts.randomElement(using: &random))
                switch slots.request(id, at: host, isUrgent: .random(using: &random)) {
                case .begin: begun[id] = host
                case .wait: waiting[id] = host
                case .full: #expect(waiting.count == limits.waiting)
                }
            } else if let leaver = (begun.keys.sorted() + waiting.keys.sorted()).randomElement(using: &random) {
                begun[leaver] = nil
                waiting[leaver] = nil
                try begin(slots.leave(leaver))
            }
            #expect(slots.underWay == begun.count && slots.waiting == waiting.count)
            #expect(begun.count <= limits.perNode && waiting.count <= limits.waiting)
            for host in hosts {
                let count = begun.values.filter { $0 == host }.count
                #expect(count <= limits.perHost)
                // Nobody waits for whom there is room.
                let waits = waiting.values.contains(host)
                #expect(!waits || count == limits.perHost || begun.count == limits.perNode)
            }
        }
        while let id = begun.keys.min() {
            begun[id] = nil
            try begin(slots.leave(id))
        }
        #expect(waiting.isEmpty)
    }
}
