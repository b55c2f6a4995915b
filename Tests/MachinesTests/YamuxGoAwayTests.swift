import Bytes
import Testing

@testable import Yamux

/// Yamux specification, "Session termination".
@Suite struct YamuxGoAwayTests {
    @Test func `open streams finish behind a GoAway`() throws {
        let pair = YamuxPair()
        let mine = try pair.dialer.session.openStream()
        try pair.settle()
        pair.dialer.session.goAway(.normal)
        try pair.settle()
        #expect(pair.listener.takeHeard() == [.opened(1), .goAway(.normal)])
        #expect(pair.listener.session.remoteGoAway == .normal)

        let other = try #require(pair.listener.id(1))
        pair.dialer.write(mine, [1, 2])
        pair.dialer.session.closeWrite(mine)
        pair.listener.write(other, [3])
        pair.listener.session.closeWrite(other)
        try pair.settle()
        #expect(pair.listener.heard == [.data(1, [1, 2]), .readClosed(1, finished: false)])
        #expect(pair.dialer.heard == [.accepted(1), .data(1, [3]), .readClosed(1, finished: true)])
        #expect(pair.dialer.streamCount + pair.listener.streamCount == 0)
    }

    @Test func `neither side opens streams after a GoAway`() throws {
        let pair = YamuxPair()
        #expect(pair.dialer.canOpenStream)
        pair.dialer.session.goAway(.normal)
        try pair.settle()
        for end in [pair.dialer, pair.listener] {
            #expect(!end.canOpenStream)
            #expect(throws: YamuxError.goingAway) { try end.session.openStream() }
        }
    }

    @Test func `a stream that the peer begins after our GoAway is refused and its data thrown away`() throws {
        let end = YamuxEnd(.listener)
        end.session.goAway(.internalError)
        try end.receive(YamuxHeader.data(1, [.syn, .fin], 4).with(payload: 4) + YamuxHeader.ping(1).wire)
        #expect(end.heard == [])
        #expect(end.streamCount == 0)
        #expect(
            end.sendAll() == [YamuxHeader(type: .goAway, value: 2), .window(1, .rst), .ping(1, .ack)])
    }

    @Test func `a GoAway goes out before what waits`() throws {
        let end = YamuxEnd(.dialer)
        let id = try end.session.openStream()
        end.write(id, [1])
        end.session.goAway(.protocolError)
        #expect(end.sendAll().first == YamuxHeader(type: .goAway, value: 1))
    }

    @Test func `GoAway is said once, and once more where an error follows a normal one`() {
        let end = YamuxEnd(.dialer)
        end.session.goAway(.normal)
        end.session.goAway(.normal)
        end.session.goAway(.protocolError)
        end.session.goAway(.internalError)
        end.session.goAway(.normal)
        #expect(end.sendAll().map(\.value) == [0, 1])
    }

    @Test(arguments: [UInt32(0), 1, 2, 3, .max])
    func `the peer's reason is reported, and an unknown one is an internal error`(value: UInt32) throws {
        let code: YamuxGoAwayCode = value == 0 ? .normal : value == 1 ? .protocolError : .internalError
        let end = YamuxEnd(.dialer)
        try end.receive(YamuxHeader(type: .goAway, value: value).wire)
        #expect(end.heard == [.goAway(code)])
        #expect(end.session.remoteGoAway == code)
    }

    @Test func `any number of GoAways changes nothing more`() throws {
        let end = YamuxEnd(.dialer)
        for _ in 0..<1_000 { try end.receive(YamuxHeader(type: .goAway, stream: 5).wire) }
        #expect(end.heard.count == 1_000)
        #expect(!end.hasOutput)
    }
}
