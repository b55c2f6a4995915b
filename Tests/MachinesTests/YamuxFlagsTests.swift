import Bytes
import Testing

@testable import Yamux

/// Yamux specification, "Flag Field": frames with several flags, with none, with payload and without.
@Suite struct YamuxFlagsTests {
    /// Frames of a dialer to a listener that knows stream 1, which the dialer began, and stream 2, which it began itself.
    static let frames: [(bytes: [UInt8], heard: [YamuxHeard])] = [
        (
            YamuxHeader.data(3, [.syn, .fin], 2).with(payload: 2),
            [.opened(3), .data(3, [7, 7]), .readClosed(3, finished: false)]
        ),
        (YamuxHeader.data(3, [.syn, .fin]).wire, [.opened(3), .readClosed(3, finished: false)]),
        (YamuxHeader.data(3, [.syn, .ack], 1).with(payload: 1), [.opened(3), .data(3, [7])]),
        (YamuxHeader.window(3, [.syn, .ack], 9).wire, [.opened(3), .windowUpdated(3)]),
        (
            YamuxHeader.window(3, [.syn, .fin], 9).wire,
            [.opened(3), .windowUpdated(3), .readClosed(3, finished: false)]
        ),
        (YamuxHeader.window(3, [.syn, .rst]).wire, []),
        (YamuxHeader.data(3, [.syn, .rst], 4).with(payload: 4), []),
        (YamuxHeader.data(2, .ack, 2).with(payload: 2), [.accepted(2), .data(2, [7, 7])]),
        (
            YamuxHeader.data(2, [.ack, .fin], 2).with(payload: 2),
            [.accepted(2), .data(2, [7, 7]), .readClosed(2, finished: false)]
        ),
        (YamuxHeader.window(2, .ack, 5).wire, [.accepted(2), .windowUpdated(2)]),
        (YamuxHeader.window(2, .ack).wire + YamuxHeader.window(2, .ack).wire, [.accepted(2)]),
        (YamuxHeader.window(2, [.ack, .rst], 5).wire, [.accepted(2), .reset(2, code: 5)]),
        (YamuxHeader.data(1, .rst, 3).with(payload: 3), [.reset(1, code: 0)]),
        (YamuxHeader.data(1, [.fin, .rst], 3).with(payload: 3), [.reset(1, code: 0)]),
        (YamuxHeader.window(1, [.fin, .rst], 77).wire, [.reset(1, code: 77)]),
        (YamuxHeader.window(1, .fin, 6).wire, [.windowUpdated(1), .readClosed(1, finished: false)]),
        (YamuxHeader.data(1, .ack, 1).with(payload: 1), [.data(1, [7])]),
        (YamuxHeader.data(1).wire, []),
        (YamuxHeader.window(1).wire, []),
        (YamuxHeader.data(1, .fin).wire, [.readClosed(1, finished: false)]),
        (YamuxHeader.data(1, .rst).wire, [.reset(1, code: 0)]),
        // Streams that there are not: the session itself, one of each side, one that was never begun.
        (YamuxHeader.data(0, [], 2).with(payload: 2), []),
        (YamuxHeader.window(0, [], 100).wire, []),
        (YamuxHeader.data(0, .fin, 2).with(payload: 2), []),
        (YamuxHeader.data(9, .fin, 2).with(payload: 2), []),
        (YamuxHeader.data(8, .ack, 2).with(payload: 2), []),
        (YamuxHeader.window(9, .rst, 1).wire, []),
    ]

    @Test(arguments: frames.indices)
    func `a frame's flags are acted on in order: SYN, ACK, content, then RST or FIN`(index: Int) throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        _ = try end.session.openStream()
        #expect(end.sendAll() == [.window(2, .syn)])
        _ = end.takeHeard()

        // The ping behind the frame shows that the session has found the frame's end.
        try end.receive(Self.frames[index].bytes + YamuxHeader.ping(5).wire)
        #expect(end.heard == Self.frames[index].heard)
        #expect(end.sendAll() == [.ping(5, .ack)])
        #expect(end.session.unacknowledgedInbound >= 0)
        #expect(end.session.unacknowledgedOutbound >= 0)
    }

    @Test func `a stream that a frame begins and resets is never open`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.data(3, [.syn, .rst], 4).with(payload: 4))
        #expect(end.streamCount == 0)
        #expect(!end.hasOutput)
    }

    @Test func `a ping is answered with its value whatever stream it names`() throws {
        let end = YamuxEnd(.listener)
        var odd = YamuxHeader.ping(0xFFFF_FFFF)
        odd.stream = 9
        try end.receive(odd.wire + YamuxHeader.ping(0).wire)
        #expect(end.sendAll() == [.ping(0xFFFF_FFFF, .ack), .ping(0, .ack)])
    }
}
