import Bytes
import Testing

@testable import Yamux

/// Signs of life under a virtual clock, with the defaults: a ping each 30 s, 10 s to answer.
@Suite struct YamuxKeepAliveTests {
    private func at(_ seconds: Double) -> Instant { .zero + .seconds(seconds) }

    private func pings(_ end: YamuxEnd, at seconds: Double) throws -> [UInt32] {
        end.now = self.at(seconds)
        let expired = try end.session.handleDeadline(now: end.now)
        #expect(expired.isEmpty)
        return end.sendAll().map { header in
            #expect(header.type == .ping)
            #expect(header.flags == .syn)
            #expect(header.stream == 0)
            return header.value
        }
    }

    @Test func `a new session pings at once and then each interval`() throws {
        let end = YamuxEnd(.dialer, .init())
        #expect(end.session.nextDeadline == .zero)
        let first = try self.pings(end, at: 0)
        #expect(first.count == 1)
        #expect(end.session.nextDeadline == self.at(10))
        end.now = self.at(0.2)
        try end.receive(YamuxHeader.ping(first[0], .ack).wire)
        #expect(end.session.nextDeadline == self.at(30))
        #expect(try self.pings(end, at: 29.9) == [])
        let second = try self.pings(end, at: 30)
        #expect(second.count == 1)
        #expect(second != first)
    }

    @Test func `a peer that says nothing is gone when its time is over, and not before`() throws {
        let end = YamuxEnd(.dialer, .init())
        _ = try self.pings(end, at: 0)
        #expect(try self.pings(end, at: 9.999) == [])
        #expect(throws: YamuxError.keepAliveTimeout) { try end.session.handleDeadline(now: self.at(10)) }
    }

    @Test func `a pong that comes late behind other input is in time`() throws {
        let end = YamuxEnd(.dialer, .init())
        let ping = try self.pings(end, at: 0)[0]
        for second in stride(from: 5.0, through: 45, by: 5) {
            end.now = self.at(second)
            try end.receive(YamuxHeader.window(2).wire)
            #expect(end.session.nextDeadline == self.at(second + 10))
            #expect(try self.pings(end, at: second + 4) == [], "one ping at a time")
        }
        end.now = self.at(54)
        try end.receive(YamuxHeader.ping(ping, .ack).wire)
        #expect(end.heard == [.pong(.seconds(54))])
        #expect(try self.pings(end, at: 54).count == 1, "the next one is due")
    }

    @Test func `a part of a frame is a sign of life too`() throws {
        let end = YamuxEnd(.dialer, .init())
        _ = try self.pings(end, at: 0)
        end.now = self.at(9)
        try end.receive([0])
        #expect(try self.pings(end, at: 18) == [])
        #expect(throws: YamuxError.keepAliveTimeout) { try end.session.handleDeadline(now: self.at(19)) }
    }

    @Test func `the smallest round trip counts`() throws {
        let end = YamuxEnd(.dialer, .init())
        #expect(end.session.roundTrip == nil)
        for (start, milliseconds, smallest) in [(0.0, 80, 80), (30, 50, 50), (60, 120, 50)] {
            let ping = try self.pings(end, at: start)[0]
            end.now = end.now + .milliseconds(milliseconds)
            try end.receive(YamuxHeader.ping(ping, .ack).wire)
            #expect(end.takeHeard() == [.pong(.milliseconds(milliseconds))])
            #expect(end.session.roundTrip == .milliseconds(smallest))
        }
    }

    @Test func `a pong that answers no ping is passed over`() throws {
        let end = YamuxEnd(.dialer, .init())
        try end.receive(YamuxHeader.ping(1, .ack).wire)
        let ping = try self.pings(end, at: 1)[0]
        try end.receive(YamuxHeader.ping(ping &+ 1, .ack).wire)
        #expect(end.heard == [])
        try end.receive(YamuxHeader.ping(ping, .ack).wire + YamuxHeader.ping(ping, .ack).wire)
        #expect(end.heard == [.pong(.zero)], "an answer counts once")
    }

    @Test func `without an interval nothing is ever due`() throws {
        let end = YamuxEnd(.dialer)
        #expect(end.session.nextDeadline == nil)
        #expect(try self.pings(end, at: 1e6) == [])
    }

    @Test func `durations of any size do not trap`() throws {
        var configuration = YamuxConfiguration()
        configuration.keepAliveInterval = .seconds(Int64.max)
        configuration.keepAliveTimeout = .seconds(Int64.max)
        configuration.lingerTimeout = .seconds(Int64.max)
        let end = YamuxEnd(.listener, configuration)
        #expect(try self.pings(end, at: 0).count == 1)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        end.session.stopReading(try #require(end.id(1)), now: self.at(1))
        #expect(end.session.nextDeadline == .distantFuture)
        #expect(try self.pings(end, at: 1e9) == [])
    }

    @Test func `two sessions keep each other alive for an hour`() throws {
        let pair = YamuxPair(.init())
        var pings = 0
        for _ in 0..<3_600 {
            for end in [pair.dialer, pair.listener] {
                _ = try end.session.handleDeadline(now: end.now)
                if end.hasOutput { pings += 1 }
            }
            try pair.settle()
            pair.advance(by: .seconds(1))
        }
        #expect(pings == 2 * 120)
        #expect(pair.dialer.session.roundTrip == .zero)
    }
}
