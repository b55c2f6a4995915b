import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import Swarm

/// How long an address that failed is left alone.
@Suite struct DialBackOffTests {
    private static func address(_ number: Int) throws -> Multiaddr { try Multiaddr("/ip4/192.0.2.1/tcp/\(number)") }
    private static func second(_ number: Int64) -> Instant { Instant(nanoseconds: number * 1_000_000_000) }

    @Test func `the time grows with the square of the failures, to five minutes`() throws {
        #expect((1...5).map { DialBackOff.wait(after: $0) } == [5, 6, 9, 14, 21].map { .seconds($0) })
        #expect(DialBackOff.wait(after: 18) == .seconds(294))
        #expect(DialBackOff.wait(after: 19) == .seconds(300))
        #expect(DialBackOff.wait(after: .max) == .seconds(300))
        #expect(DialBackOff.wait(after: .min) == .seconds(5))
    }

    @Test func `an address is left alone until its time is over, and its last failure is told`() throws {
        var backOff = DialBackOff(capacity: 10)
        let address = try Self.address(1)
        #expect(backOff.entry(of: address, of: nil, now: .zero) == nil)
        backOff.failed(address, of: nil, cause: "nobody listens", now: .zero)
        let entry = try #require(backOff.entry(of: address, of: nil, now: Self.second(4)))
        #expect(entry == .init(failures: 1, failedAt: .zero, until: Self.second(5), cause: "nobody listens"))
        #expect(backOff.entry(of: address, of: nil, now: Self.second(5)) == nil)
        backOff.failed(address, of: nil, cause: "no route", now: Self.second(6))
        #expect(backOff.entry(of: address, of: nil, now: Self.second(11))?.cause == "no route")
        #expect(backOff.entry(of: address, of: nil, now: Self.second(12)) == nil)
        backOff.succeeded(address, of: nil)
        #expect(backOff.count == 0)
    }

    @Test func `trying an address although it is left alone makes nothing longer`() throws {
        var backOff = DialBackOff(capacity: 10)
        let address = try Self.address(1)
        for second in 0..<5 { backOff.failed(address, of: nil, cause: "\(second)", now: Self.second(Int64(second))) }
        let entry = try #require(backOff.entry(of: address, of: nil, now: Self.second(4)))
        #expect(entry == .init(failures: 1, failedAt: Self.second(4), until: Self.second(5), cause: "4"))
    }

    @Test func `a failure long after the last one begins anew`() throws {
        var backOff = DialBackOff(capacity: 10)
        let address = try Self.address(1)
        backOff.failed(address, of: nil, cause: "", now: .zero)
        backOff.failed(address, of: nil, cause: "", now: Self.second(9))
        #expect(backOff.entry(of: address, of: nil, now: Self.second(9))?.failures == 2)
        backOff.failed(address, of: nil, cause: "", now: Self.second(15 + 6))
        #expect(backOff.entry(of: address, of: nil, now: Self.second(21))?.failures == 1)
    }

    @Test func `that one peer is not at an address says nothing of another`() throws {
        var backOff = DialBackOff(capacity: 10)
        let address = try Self.address(1)
        let (peer, other) = try (PrivateKey.generate().peerID, PrivateKey.generate().peerID)
        backOff.failed(address, of: peer, cause: "another peer answers", now: .zero)
        #expect(backOff.entry(of: address, of: peer, now: .zero) != nil)
        #expect(backOff.entry(of: address, of: other, now: .zero) == nil)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `the table is bounded, and never keeps an address for more than five minutes`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var backOff = DialBackOff(capacity: 50)
        var now = Instant.zero
        let addresses = try (1...200).map { try Self.address($0) }
        for _ in 0..<1_000 {
            now = now + .milliseconds(Int64.random(in: 0...2_000, using: &random))
            guard let address = addresses.randomElement(using: &random) else { continue }
            if Int.random(in: 0..<10, using: &random) == 0 {
                backOff.succeeded(address, of: nil)
                #expect(backOff.entry(of: address, of: nil, now: now) == nil)
            } else {
                backOff.failed(address, of: nil, cause: "", now: now)
                let entry = try #require(backOff.entry(of: address, of: nil, now: now))
                #expect(entry.until - now <= .seconds(300))
            }
            #expect(backOff.count <= 50)
        }
        #expect(backOff.count == 50)
    }

    @Test func `the one that was entered first gives way`() throws {
        var backOff = DialBackOff(capacity: 2)
        for number in 1...3 { backOff.failed(try Self.address(number), of: nil, cause: "", now: .zero) }
        #expect(
            try (1...3).map { backOff.entry(of: try Self.address($0), of: nil, now: .zero) != nil } == [
                false, true, true,
            ])
    }
}
