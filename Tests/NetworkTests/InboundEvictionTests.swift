import Bytes
import Multiformats
import TestSupport
import Testing

@testable import Swarm

/// Who gives way where all places for inbound connections are taken.
struct InboundEvictionTests {
    private func candidate(
        _ id: UInt64, from address: String? = nil, value: Int = 0, isSettled: Bool = false
    ) throws -> InboundEviction.Candidate {
        let network = try address.map { InboundEviction.network(of: try #require(IPAddress($0))) }
        return InboundEviction.Candidate(id: id, network: network, value: value, isSettled: isSettled)
    }

    private func going(_ candidates: [InboundEviction.Candidate], places: Int, standing: Int? = nil) -> [UInt64] {
        InboundEviction.givingWay(candidates, standing: standing ?? candidates.count, of: places).map(\.id)
    }

    @Test func `nobody goes while there are places`() throws {
        let candidates = try (1...10).map { try self.candidate($0) }
        #expect(self.going(candidates, places: 10).isEmpty)
        #expect(self.going(candidates, places: 10, standing: 11) == [6])
    }

    @Test func `the older half stays, and of the rest the first goes`() throws {
        let candidates = try (1...8).map { try self.candidate($0) }
        #expect(self.going(candidates, places: 6) == [5, 6])
        #expect(self.going(candidates, places: 1) == [5, 6, 7, 8])
    }

    @Test func `the least valuable go first`() throws {
        let values = [0, 0, 0, 0, 3, 1, 2, 1]
        let candidates = try values.enumerated().map { try self.candidate(UInt64($0.offset), value: $0.element) }
        #expect(self.going(candidates, places: 5) == [5, 7, 6])
    }

    @Test func `a crowd from one network drives out itself`() throws {
        let crowd = try (1...6).map { try self.candidate($0) }
        let young = [
            try self.candidate(7, from: "203.0.113.1"), try self.candidate(8, from: "198.51.100.1"),
            try self.candidate(9, from: "198.51.100.2"), try self.candidate(10, from: "198.51.100.200"),
            try self.candidate(11, from: "2001:db8:1::1"), try self.candidate(12, from: "2001:db8:1:2::1"),
        ]
        // The network of three has as many as that of two after the first, then they take turns.
        #expect(self.going(crowd + young, places: 9) == [8, 9, 11])
        #expect(self.going(crowd + young, places: 7) == [8, 9, 11, 7, 10])
    }

    @Test func `who is past the grace period goes last, from however many networks a crowd comes`() throws {
        let settled = try (1...20).map { try self.candidate($0, from: "192.0.2.\($0)", isSettled: true) }
        let crowd = try (21...32).map { try self.candidate($0, from: "10.\($0).0.1") }
        #expect(self.going(settled + crowd, places: 24) == Array(21...29))
        #expect(self.going(settled + crowd, places: 16) == Array(21...32) + [17, 18, 19, 20])
        let valued = try (21...32).map { try self.candidate($0, from: "10.\($0).0.1", value: 5) }
        #expect(self.going(settled + valued, places: 24) == Array(21...29))
    }

    @Test(arguments: UInt64(1)...30)
    func `whoever stands, enough go, and nobody who stayed long`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let candidates = try (0..<UInt64.random(in: 1...80, using: &random)).map { id in
            try self.candidate(
                id, from: "10.0.\(Int.random(in: 0...3, using: &random)).1", value: .random(in: 0...2, using: &random))
        }
        let places = Int.random(in: 1...80, using: &random)
        let going = self.going(candidates, places: places)
        #expect(going == self.going(candidates, places: places))
        #expect(going.allSatisfy { $0 >= UInt64(candidates.count / 2) })
        let wanted = candidates.count > places ? candidates.count - places + places / 16 : 0
        #expect(going.count == min(wanted, candidates.count - candidates.count / 2))
    }
}
