import Bytes
import Multiformats
import Testing
import Transport

@testable import Swarm

/// How many connections a network of hosts may have, and how fast they may come.
struct NetworkTableTests {
    private static let limits: NetworkLimits = {
        var limits = NetworkLimits()
        limits.connectionsPerHost = 3
        limits.connectionsPerSite = 5
        limits.burstPerHost = 4
        limits.intervalPerHost = .seconds(10)
        limits.burstPerSite = 6
        limits.intervalPerSite = .seconds(1)
        return limits
    }()

    private func networks(_ text: String) throws -> [IPNetwork] {
        NetworkTable.networks(of: try #require(IPAddress(text)))
    }

    @Test func `a host with IPv4 is its own network, one with IPv6 is in two`() throws {
        #expect(try self.networks("192.0.2.7").map(\.description) == ["192.0.2.7/32"])
        #expect(try self.networks("::ffff:192.0.2.7").map(\.description) == ["192.0.2.7/32"])
        #expect(
            try self.networks("2001:db8:1:2ff::7").map(\.description) == ["2001:db8:1:200::/56", "2001:db8:1::/48"])
    }

    @Test(arguments: ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
    func `the loopback is not bounded`(text: String) throws {
        #expect(try self.networks(text).isEmpty)
    }

    @Test func `a host has as many connections as it may, and another its own`() throws {
        var table = NetworkTable(Self.limits)
        let host = try self.networks("192.0.2.7")
        for _ in 0..<3 { try table.enter(host, now: .zero) }
        #expect {
            try table.enter(host, now: .zero)
        } throws: { error in
            let error = error as? ResourceLimitError
            return error?.limit == 3 && error?.scope == .network(host[0]) && error?.resource == .connection(.inbound)
        }
        try table.enter(self.networks("192.0.2.8"), now: .zero)
        table.leave(host)
        try table.enter(host, now: .zero)
    }

    @Test func `hosts of one site share what the site may have`() throws {
        var table = NetworkTable(Self.limits)
        for customer in ["1", "2", "3", "4", "5"] {
            try table.enter(self.networks("2001:db8:1:\(customer)00::1"), now: .zero)
        }
        let error = #expect(throws: ResourceLimitError.self) {
            try table.enter(self.networks("2001:db8:1:600::1"), now: .zero)
        }
        #expect(error?.scope == .network(try #require(IPNetwork("2001:db8:1::/48"))))
        try table.enter(self.networks("2001:db8:2::1"), now: .zero)
    }

    @Test func `connections that come and go are bounded by their rate`() throws {
        var table = NetworkTable(Self.limits)
        let host = try self.networks("192.0.2.7")
        for _ in 0..<4 {
            try table.enter(host, now: .zero)
            table.leave(host)
        }
        let error = #expect(throws: ResourceLimitError.self) { try table.enter(host, now: .zero) }
        #expect(error?.resource == .attempt)
        // One more each ten seconds.
        let later = Instant.zero + .seconds(10)
        try table.enter(host, now: later)
        table.leave(host)
        #expect(throws: ResourceLimitError.self) { try table.enter(host, now: later) }
        let muchLater = Instant.zero + .seconds(3_600)
        for _ in 0..<3 { try table.enter(host, now: muchLater) }
    }

    @Test func `what was refused costs nothing`() throws {
        var table = NetworkTable(Self.limits)
        let host = try self.networks("192.0.2.7")
        for _ in 0..<3 { try table.enter(host, now: .zero) }
        for _ in 0..<1_000 { #expect(throws: ResourceLimitError.self) { try table.enter(host, now: .zero) } }
        for _ in 0..<3 { table.leave(host) }
        try table.enter(host, now: .zero)
    }

    @Test func `networks are forgotten, however many come`() throws {
        var table = NetworkTable(Self.limits)
        for number in 0..<200_000 {
            let address = IPAddress.v4(IPv4Address(rawValue: 0x0100_0000 + UInt32(number)))
            let networks = NetworkTable.networks(of: address)
            try table.enter(networks, now: Instant.zero + .milliseconds(number))
            table.leave(networks)
        }
        #expect(table.count < 20_000)
    }

    @Test func `networks of IPv6 are forgotten, beside many that have connections`() throws {
        var table = NetworkTable(Self.limits)
        func networks(_ prefix: UInt8, _ number: Int) throws -> [IPNetwork] {
            var octets = [UInt8](repeating: 0, count: 16)
            octets[0] = prefix
            for index in 1...6 { octets[index] = UInt8(truncatingIfNeeded: number >> (8 * (6 - index))) }
            return NetworkTable.networks(of: try #require(IPAddress(octets: octets)))
        }
        for number in 0..<2_000 { try table.enter(networks(0x20, number << 8), now: .zero) }
        for number in 0..<200_000 {
            let networks = try networks(0x26, number << 8)
            try table.enter(networks, now: Instant.zero + .milliseconds(number))
            table.leave(networks)
        }
        #expect(table.count < 24_000)
    }

    @Test func `the networks that are full can be told, by number and by rate, until they have room`() throws {
        var table = NetworkTable(Self.limits)
        let (full, fast, quiet) = try (
            self.networks("192.0.2.7"), self.networks("192.0.2.8"), self.networks("192.0.2.9")
        )
        for _ in 0..<3 { try table.enter(full, now: .zero) }
        for _ in 0..<4 {
            try table.enter(fast, now: .zero)
            table.leave(fast)
        }
        try table.enter(quiet, now: .zero)
        #expect(table.full(now: .zero).map(\.network) == full + fast)
        #expect(table.full(now: .zero).map(\.connections) == [3, 0])
        #expect(table.full(now: .zero + .seconds(60)).map(\.network) == full)
        table.leave(full)
        #expect(table.full(now: .zero + .seconds(60)).isEmpty)
    }
}
