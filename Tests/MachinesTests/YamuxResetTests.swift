import Bytes
import Testing

@testable import Yamux

/// Resets of either side, in every order with the frames that are under way.
@Suite struct YamuxResetTests {
    /// Two ends with one open stream that the listener has accepted.
    private func open() throws -> (pair: YamuxPair, dialer: YamuxStreamID, listener: YamuxStreamID) {
        let pair = YamuxPair()
        let dialer = try pair.dialer.session.openStream()
        try pair.settle()
        let listener = try #require(pair.listener.id(1))
        pair.listener.write(listener, [0])
        try pair.settle()
        _ = (pair.dialer.takeHeard(), pair.listener.takeHeard())
        return (pair, dialer, listener)
    }

    @Test func `a reset reaches the peer with its code and drops what waited`() throws {
        let (pair, dialer, _) = try self.open()
        pair.dialer.write(dialer, [UInt8](repeating: 1, count: 1_000))
        pair.dialer.session.reset(dialer, code: 0xABCD)
        let frame = try #require(pair.dialer.nextFrame())
        #expect(frame.frame.header == .window(1, .rst, 0xABCD))
        #expect(frame.frame.endsStream)
        #expect(!pair.dialer.hasOutput)
        try pair.listener.receive(frame.wire)
        #expect(pair.listener.heard == [.reset(1, code: 0xABCD)])
        #expect(pair.dialer.streamCount == 0)
        #expect(pair.listener.streamCount == 0)
    }

    @Test func `when both sides reset at once each says so to its own connection`() throws {
        let (pair, dialer, listener) = try self.open()
        pair.dialer.session.reset(dialer, code: 1)
        pair.listener.session.reset(listener, code: 2)
        let first = try #require(pair.dialer.nextFrame())
        try pair.listener.receive(first.wire)
        #expect(pair.listener.isOpen(listener), "the connection keeps the slot until it is told")
        let second = try #require(pair.listener.nextFrame())
        #expect(second.frame.endsStream)
        try pair.dialer.receive(second.wire)
        #expect(pair.dialer.heard + pair.listener.heard == [])
        #expect(pair.dialer.streamCount == 0)
        #expect(pair.listener.streamCount == 0)
    }

    @Test func `data under way to a stream that was reset is thrown away`() throws {
        let (pair, dialer, listener) = try self.open()
        pair.listener.write(listener, [UInt8](repeating: 1, count: 200_000))
        let underWay = pair.listener.sendAllBytes()
        try pair.dialer.receive(Array(underWay.prefix(1_000)))
        #expect(pair.dialer.takeHeard() == [.data(1, [UInt8](repeating: 1, count: 988))])

        pair.dialer.session.reset(dialer)
        try pair.dialer.receive(Array(underWay[1_000..<90_000]))
        #expect(pair.dialer.sendAll() == [.window(1, .rst)])
        try pair.dialer.receive(Array(underWay[90_000...]) + YamuxHeader.ping(3).wire)
        #expect(pair.dialer.heard == [])
        #expect(pair.dialer.sendAll() == [.ping(3, .ack)])
    }

    @Test func `data for a stream that was reset may be more than its window was`() throws {
        let (pair, dialer, _) = try self.open()
        pair.dialer.session.reset(dialer)
        pair.dialer.sendAll()
        for _ in 0..<3 { try pair.dialer.receive(YamuxHeader.data(1, [], 200_000).with(payload: 200_000)) }
        #expect(pair.dialer.heard == [])
        #expect(!pair.dialer.hasOutput)
    }

    @Test func `no frame says anything of a stream that waits for its reset to be sent`() throws {
        let late: [[UInt8]] = [
            YamuxHeader.data(1, .ack, 3).with(payload: 3), YamuxHeader.window(1, [], .max).wire,
            YamuxHeader.window(1, [], .max).wire, YamuxHeader.data(1, .fin).wire,
            YamuxHeader.data(1, [], 3).with(payload: 3), YamuxHeader.window(1, .rst).wire,
        ]
        let end = YamuxEnd(.dialer)
        let id = try end.session.openStream()
        end.sendAll()
        end.session.reset(id, code: 9)
        end.session.reset(id, code: 10)
        try end.receive(late.flatMap { $0 })
        #expect(end.heard == [])
        #expect(end.isOpen(id))
        #expect(end.sendAll() == [.window(1, .rst, 9)])
        #expect(end.session.unacknowledgedOutbound == 0)
    }

    @Test func `a stream that was reset takes no output and gives no credit`() throws {
        let (pair, dialer, _) = try self.open()
        #expect(pair.dialer.session.sendCredit(dialer) == YamuxConfiguration.initialWindow)
        pair.dialer.session.closeWrite(dialer)
        pair.dialer.session.reset(dialer)
        #expect(pair.dialer.session.sendCredit(dialer) == 0)
        pair.dialer.session.offerOutput(dialer, count: 100)
        pair.dialer.session.closeWrite(dialer)
        pair.dialer.session.growWindow(dialer, by: 100)
        #expect(pair.dialer.sendAll() == [.window(1, .rst)])
        pair.dialer.session.offerOutput(dialer, count: 100)
        #expect(!pair.dialer.hasOutput)
    }

    @Test func `a stream that the peer was not told of goes without a word`() throws {
        let end = YamuxEnd(.dialer)
        let id = try end.session.openStream()
        end.write(id, [1, 2])
        end.session.reset(id)
        #expect(!end.isOpen(id))
        #expect(end.sendAll() == [])
        #expect(end.session.unacknowledgedOutbound == 0)
        #expect(try end.session.openStream().number == 3, "a number is used once")
    }

    @Test func `frames for a stream that the peer was not told of are passed over`() throws {
        let end = YamuxEnd(.dialer)
        let id = try end.session.openStream()
        try end.receive(YamuxHeader.data(1, [.ack, .fin], 2).with(payload: 2) + YamuxHeader.window(1, .rst).wire)
        #expect(end.heard == [])
        #expect(end.isOpen(id))
        #expect(end.session.unacknowledgedOutbound == 1)
        #expect(end.sendAll() == [.window(1, .syn)])
    }

    @Test func `a stream that nobody accepted is refused by a reset`() throws {
        let pair = YamuxPair()
        _ = try pair.dialer.session.openStream()
        try pair.settle()
        pair.listener.session.reset(try #require(pair.listener.id(1)))
        try pair.settle()
        #expect(pair.dialer.heard == [.reset(1, code: 0)])
        #expect(pair.dialer.session.unacknowledgedOutbound == 0)
        #expect(pair.listener.session.unacknowledgedInbound == 0)
    }
}
