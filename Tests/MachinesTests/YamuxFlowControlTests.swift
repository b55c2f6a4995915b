import Bytes
import Testing

@testable import Yamux

/// Yamux specification, "Flow Control".
@Suite struct YamuxFlowControlTests {
    static let initial = YamuxConfiguration.initialWindow

    /// A listener with the open stream 1, and that stream.
    private func accepted(_ configuration: YamuxConfiguration = .quiet) throws -> (YamuxEnd, YamuxStreamID) {
        let end = YamuxEnd(.listener, configuration)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        _ = end.takeHeard()
        return (end, try #require(end.id(1)))
    }

    private func fill(_ end: YamuxEnd, _ count: Int) throws {
        try end.receive(YamuxHeader.data(1, [], UInt32(count)).with(payload: count))
    }

    @Test func `output stops at the peer's window and goes on byte for byte as it grows`() throws {
        let (end, id) = try self.accepted()
        #expect(end.session.sendCredit(id) == Self.initial)
        end.session.offerOutput(id, count: Self.initial + 1_000)
        #expect(end.session.sendCredit(id) == -1_000)
        var sent = 0
        while let frame = end.session.nextFrame(maximumPayload: 10_000) {
            #expect(frame.payload <= 10_000)
            #expect(frame.header.value == UInt32(frame.payload))
            sent += frame.payload
        }
        #expect(sent == Self.initial)
        #expect(!end.hasOutput)

        try end.receive(YamuxHeader.window(1, [], 100).wire)
        #expect(end.heard == [.windowUpdated(1)])
        #expect(end.sendAll() == [.data(1, [], 100)])
        try end.receive(YamuxHeader.window(1, [], 5_000).wire)
        #expect(end.sendAll() == [.data(1, [], 900)])
        #expect(end.session.sendCredit(id) == 4_100)
    }

    @Test func `the end of a half waits for the window that its data needs`() throws {
        let (end, id) = try self.accepted()
        end.session.offerOutput(id, count: Self.initial + 1)
        end.session.closeWrite(id)
        #expect(!end.sendAll().contains { $0.flags.contains(.fin) })
        try end.receive(YamuxHeader.window(1, [], 1).wire)
        #expect(end.sendAll() == [.data(1, [], 1), .window(1, .fin)])
    }

    @Test func `a frame's payload is never longer than the caller, the limits and the window allow`() throws {
        let (end, id) = try self.accepted()
        end.session.offerOutput(id, count: 200_000)
        #expect(end.session.nextFrame(maximumPayload: 1)?.payload == 1)
        #expect(end.session.nextFrame(maximumPayload: .max)?.payload == 65_507)
        end.session.offerOutput(id, count: 200_000)
        for _ in 0..<3 { #expect(end.session.nextFrame(maximumPayload: 70_000)?.payload == 65_507) }
        #expect(end.session.nextFrame(maximumPayload: .max)?.payload == Self.initial - 4 * 65_507 - 1)
        #expect(end.session.nextFrame(maximumPayload: .max) == nil, "the window is used up")
    }

    @Test(arguments: [0, -1, Int.min])
    func `without room for a byte streams keep their places`(room: Int) throws {
        let (end, id) = try self.accepted()
        end.session.offerOutput(id, count: 5)
        try end.receive(YamuxHeader.ping(1).wire)
        #expect(end.session.nextFrame(maximumPayload: room)?.header == .ping(1, .ack))
        #expect(end.session.nextFrame(maximumPayload: room) == nil)
        #expect(end.hasOutput)
        #expect(end.sendAll() == [.data(1, .ack, 5)])
    }

    @Test func `window updates that add up to 2^32 end the session, and one byte less does not`() throws {
        let (end, id) = try self.accepted()
        let most = UInt32.max - UInt32(Self.initial)
        try end.receive(YamuxHeader.window(1, [], most).wire)
        #expect(end.session.sendCredit(id) == Int(UInt32.max))
        #expect(throws: YamuxError.sendWindowOverflow(stream: 1)) {
            try end.receive(YamuxHeader.window(1, [], 1).wire)
        }
    }

    @Test func `a SYN can bring a larger window`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn, 1_000).wire)
        #expect(end.session.sendCredit(try #require(end.id(1))) == Self.initial + 1_000)
    }

    @Test func `the peer may fill the window to the last byte, and one more ends the session`() throws {
        let (end, _) = try self.accepted()
        try self.fill(end, Self.initial)
        try end.receive(YamuxHeader.data(1).wire)
        #expect(throws: YamuxError.receiveWindowExceeded(stream: 1)) { try self.fill(end, 1) }
    }

    @Test(arguments: [Self.initial + 1, 1 << 28, Int(UInt32.max)])
    func `a first frame longer than the window ends the session before its payload comes`(length: Int) {
        let end = YamuxEnd(.listener)
        #expect(throws: YamuxError.self) { try end.receive(YamuxHeader.data(1, .syn, UInt32(length)).wire) }
        #expect(end.heard == [.opened(1)])
    }

    @Test func `a frame of an unknown stream may be as long as a window, and no longer`() throws {
        let end = YamuxEnd(.listener)
        let limit = UInt32(end.session.configuration.maximumWindow)
        #expect(throws: YamuxError.frameTooLong(limit + 1)) {
            try end.receive(YamuxHeader.data(5, [], limit + 1).wire)
        }
        try YamuxEnd(.listener).receive(YamuxHeader.data(5, [], limit).wire)
    }

    @Test func `a maximum below the initial window is the initial window`() throws {
        var configuration = YamuxConfiguration.quiet
        configuration.maximumWindow = 1_000
        let (end, id) = try self.accepted(configuration)
        try self.fill(end, Self.initial)
        end.session.growWindow(id, by: 1)
        #expect(end.session.windowSize(id) == Self.initial)
        #expect(end.heard.count == 1)
    }

    @Test func `credit comes back in halves of the window, and only for what the reader took`() throws {
        let (end, id) = try self.accepted()
        try self.fill(end, Self.initial)
        #expect(end.session.consumed(id, count: Self.initial / 2 - 1, now: .zero) == 0)
        #expect(!end.hasOutput)
        #expect(end.session.consumed(id, count: 1, now: .zero) == 0)
        #expect(end.sendAll() == [.window(1, .ack, UInt32(Self.initial / 2))])

        try self.fill(end, Self.initial / 2)
        #expect(throws: YamuxError.receiveWindowExceeded(stream: 1)) { try self.fill(end, 1) }
    }

    @Test func `the peer's half has no more window once it has ended or nobody reads it`() throws {
        let (end, id) = try self.accepted()
        try end.receive(YamuxHeader.data(1, .fin, UInt32(Self.initial)).with(payload: Self.initial))
        #expect(end.session.consumed(id, count: Self.initial, now: .zero) == 0)
        #expect(!end.hasOutput)

        let (other, unread) = try self.accepted()
        try self.fill(other, Self.initial)
        other.session.stopReading(unread, now: .zero)
        #expect(other.session.consumed(unread, count: Self.initial, now: .zero) == 0)
        #expect(!other.hasOutput)
    }

    @Test func `what comes in on a stream that nobody reads is thrown away within its window`() throws {
        let (end, id) = try self.accepted()
        end.session.stopReading(id, now: .zero)
        try self.fill(end, Self.initial)
        #expect(end.heard == [])
        #expect(throws: YamuxError.receiveWindowExceeded(stream: 1)) { try self.fill(end, 1) }
    }
}
