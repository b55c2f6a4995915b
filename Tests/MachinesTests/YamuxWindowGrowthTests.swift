import Bytes
import Testing

@testable import Yamux

/// How a stream's window follows the product of rate and round trip.
@Suite struct YamuxWindowGrowthTests {
    static let initial = YamuxConfiguration.initialWindow
    static let roundTrip = Duration.milliseconds(100)

    /// A listener that has measured a round trip of 100 ms, with the open stream 1.
    private func measured(maximumWindow: Int = 16 << 20) throws -> (YamuxEnd, YamuxStreamID) {
        var configuration = YamuxConfiguration()
        configuration.maximumWindow = maximumWindow
        let end = YamuxEnd(.listener, configuration)
        _ = try end.session.handleDeadline(now: end.now)
        let ping = try #require(end.sendAll().first)
        end.now = end.now + Self.roundTrip
        try end.receive(YamuxHeader.ping(ping.value, .ack).wire + YamuxHeader.window(1, .syn).wire)
        #expect(end.session.roundTrip == Self.roundTrip)
        return (end, try #require(end.id(1)))
    }

    /// Half a window comes in and is read at once, `later` than what was read before; returns the growth asked for.
    private func readHalf(_ end: YamuxEnd, _ id: YamuxStreamID, later: Duration) throws -> Int {
        end.now = end.now + later
        let count = end.session.windowSize(id) / 2
        try end.receive(YamuxHeader.data(1, [], UInt32(count)).with(payload: count))
        return end.session.consumed(id, count: count, now: end.now)
    }

    @Test func `a window asks to grow fourfold when half of it is read within two round trips`() throws {
        let (end, id) = try self.measured()
        #expect(try self.readHalf(end, id, later: .zero) == 0, "one grant alone tells no rate")
        #expect(try self.readHalf(end, id, later: Self.roundTrip * 2 - .milliseconds(1)) == 3 * Self.initial)
        end.session.growWindow(id, by: 3 * Self.initial)
        #expect(end.session.windowSize(id) == 4 * Self.initial)
        let granted = end.sendAll().reduce(0) { $0 + Int($1.value) }
        #expect(granted == 4 * Self.initial, "two halves that were read, and the growth")
        try end.receive(YamuxHeader.data(1, [], UInt32(4 * Self.initial)).with(payload: 4 * Self.initial))
    }

    @Test func `a window that two round trips do not use up stays`() throws {
        let (end, id) = try self.measured()
        for _ in 0..<20 { #expect(try self.readHalf(end, id, later: Self.roundTrip * 2) == 0) }
        #expect(end.session.windowSize(id) == Self.initial)
    }

    @Test func `a window never grows beyond its maximum`() throws {
        let maximum = 3 << 20
        let (end, id) = try self.measured(maximumWindow: maximum)
        for _ in 0..<10 {
            let growth = try self.readHalf(end, id, later: .milliseconds(1))
            #expect(end.session.windowSize(id) + growth <= maximum)
            end.session.growWindow(id, by: growth)
        }
        #expect(end.session.windowSize(id) == maximum)
        end.sendAll()
        end.session.growWindow(id, by: .max)
        #expect(end.session.windowSize(id) == maximum)
        #expect(!end.hasOutput)
    }

    @Test func `a window never grows unless it is told to`() throws {
        let (end, id) = try self.measured()
        var granted = 0
        for _ in 0..<50 {
            _ = try self.readHalf(end, id, later: .milliseconds(1))
            granted += end.sendAll().reduce(0) { $0 + Int($1.value) }
        }
        #expect(end.session.windowSize(id) == Self.initial)
        #expect(granted == 50 * Self.initial / 2)
    }

    @Test func `without a measured round trip no window grows`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        for _ in 0..<10 { #expect(try self.readHalf(end, id, later: .nanoseconds(1)) == 0) }
    }

    @Test func `a window that is large enough for the path stops growing`() throws {
        let (end, id) = try self.measured()
        // 10 MB/s over 100 ms is 1 MB under way: at 4 MiB, four times that, the window has room to spare.
        for _ in 0..<100 {
            let window = Double(end.session.windowSize(id))
            let growth = try self.readHalf(end, id, later: .nanoseconds(Int64(window / 2 / 10_000_000 * 1e9)))
            end.session.growWindow(id, by: growth)
        }
        #expect(end.session.windowSize(id) == 4 << 20)
    }

    @Test func `a window far too large for the path becomes smaller by half, down to the first, and grows again`()
        throws
    {
        let (end, id) = try self.measured()
        end.session.growWindow(id, by: 15 * Self.initial)
        end.sendAll()
        _ = try self.readHalf(end, id, later: .zero)
        // Half a window in 100 round trips: the window is 200 times the product.
        var sizes = [16 * Self.initial]
        for _ in 0..<5 {
            end.sendAll()
            let before = end.session.windowSize(id)
            let change = try self.readHalf(end, id, later: Self.roundTrip * 100)
            let granted = end.sendAll().reduce(0) { $0 + Int($1.value) }
            #expect(end.session.windowSize(id) == before + change)
            #expect(granted == before / 2 + change, "what is missing of the window is not granted")
            sizes.append(end.session.windowSize(id))
        }
        #expect(sizes.map { $0 / Self.initial } == [16, 8, 4, 2, 1, 1])
        #expect(try self.readHalf(end, id, later: .milliseconds(1)) == 3 * Self.initial)
    }

    @Test func `a window that shrank takes no more than its new size`() throws {
        let (end, id) = try self.measured()
        end.session.growWindow(id, by: 15 * Self.initial)
        end.sendAll()
        _ = try self.readHalf(end, id, later: .zero)
        _ = try self.readHalf(end, id, later: Self.roundTrip * 100)
        let size = end.session.windowSize(id)
        #expect(size == 8 * Self.initial)
        try end.receive(YamuxHeader.data(1, [], UInt32(size)).with(payload: size))
        #expect(throws: YamuxError.receiveWindowExceeded(stream: 1)) {
            try end.receive(YamuxHeader.data(1, [], 1).with(payload: 1))
        }
    }

    @Test func `a peer whose pong comes after a minute gets no larger window than one of a second`() throws {
        let end = YamuxEnd(.listener, YamuxConfiguration())
        _ = try end.session.handleDeadline(now: end.now)
        let ping = try #require(end.sendAll().first)
        end.now = end.now + .seconds(60)
        try end.receive(YamuxHeader.ping(ping.value, .ack).wire + YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        _ = try self.readHalf(end, id, later: .zero)
        // 128 KiB in 3 s are no reason over one second; over a minute they would be.
        #expect(try self.readHalf(end, id, later: .seconds(3)) == 0)
        #expect(try self.readHalf(end, id, later: .seconds(1)) == 3 * Self.initial)
    }

    @Test func `a maximum beyond 32 bits is what 32 bits count`() throws {
        var configuration = YamuxConfiguration.quiet
        configuration.maximumWindow = .max
        let end = YamuxEnd(.listener, configuration)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        end.session.growWindow(id, by: .max)
        #expect(end.session.windowSize(id) == Int(UInt32.max))
        #expect(end.sendAll() == [.window(1, .ack, .max - UInt32(Self.initial))])
    }
}
