import Bytes
import Testing

@testable import Yamux

/// Yamux specification, "Opening a stream" and "Closing a stream".
@Suite struct YamuxStreamLifecycleTests {
    @Test func `a stream begins with SYN and is accepted with the first frame of the other side`() throws {
        let pair = YamuxPair()
        let id = try pair.dialer.session.openStream()
        #expect(pair.dialer.sendAll() == [.window(1, .syn)])
        try pair.listener.receive(YamuxHeader.window(1, .syn).wire)
        #expect(pair.listener.heard == [.opened(1)])
        #expect(!pair.listener.hasOutput, "the application accepts, not the session")

        pair.listener.write(try #require(pair.listener.id(1)), [1, 2, 3])
        let answer = pair.listener.sendAllBytes()
        #expect(answer == YamuxHeader.data(1, .ack, 3).wire + [1, 2, 3])
        try pair.dialer.receive(answer)
        #expect(pair.dialer.heard == [.accepted(1), .data(1, [1, 2, 3])])
        pair.listener.write(try #require(pair.listener.id(1)), [4])
        #expect(pair.listener.sendAll() == [.data(1, [], 1)], "a stream is accepted once")
        #expect(id.number == 1)
    }

    @Test func `the dialer counts odd numbers and the listener even ones`() throws {
        let pair = YamuxPair()
        for number in 1...5 as ClosedRange<UInt32> {
            #expect(try pair.dialer.session.openStream().number == 2 * number - 1)
            #expect(try pair.listener.session.openStream().number == 2 * number)
        }
        try pair.settle()
        #expect(pair.dialer.streamCount == 10)
        #expect(pair.listener.streamCount == 10)
    }

    @Test func `data goes out before the end of its half, and the end in a frame of its own`() throws {
        let end = YamuxEnd(.dialer)
        let id = try end.session.openStream()
        end.write(id, [1, 2, 3])
        end.session.closeWrite(id)
        end.session.closeWrite(id)
        #expect(end.sendAll() == [.window(1, .syn), .data(1, [], 3), .window(1, .fin)])
        end.session.closeWrite(id)
        #expect(!end.hasOutput)
    }

    @Test func `a stream that ended one way carries data the other way until both ended`() throws {
        let pair = YamuxPair()
        let id = try pair.dialer.session.openStream()
        pair.dialer.session.closeWrite(id)
        try pair.settle()
        #expect(pair.listener.heard == [.opened(1), .readClosed(1, finished: false)])

        let other = try #require(pair.listener.id(1))
        pair.listener.write(other, [9, 8])
        pair.listener.session.closeWrite(other)
        try pair.settle()
        #expect(pair.dialer.heard == [.accepted(1), .data(1, [9, 8]), .readClosed(1, finished: true)])
        #expect(pair.dialer.streamCount == 0)
        #expect(pair.listener.streamCount == 0)
    }

    @Test func `the frame that ends the second half says that the stream is gone`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.data(1, [.syn, .fin], 1).with(payload: 1))
        #expect(end.heard == [.opened(1), .data(1, [7]), .readClosed(1, finished: false)])
        let id = try #require(end.id(1))
        end.session.closeWrite(id)
        let frame = try #require(end.nextFrame()).frame
        #expect(frame.header == .window(1, [.ack, .fin]))
        #expect(frame.endsStream)
        #expect(!end.isOpen(id))
    }

    @Test func `a second FIN says nothing new`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, [.syn, .fin]).wire)
        try end.receive(YamuxHeader.window(1, .fin).wire + YamuxHeader.data(1, .fin).wire)
        #expect(end.heard == [.opened(1), .readClosed(1, finished: false)])
        #expect(end.streamCount == 1)
    }

    @Test func `data behind a FIN breaks its stream once and no other`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, [.syn, .fin]).wire + YamuxHeader.window(3, .syn).wire)
        let late = YamuxHeader.data(1, [], 5).with(payload: 5)
        try end.receive(late + late + YamuxHeader.data(3, [], 1).with(payload: 1))
        #expect(
            end.takeHeard() == [
                .opened(1), .readClosed(1, finished: false), .opened(3), .violated(1), .data(3, [7]),
            ])
        #expect(end.sendAll() == [.window(1, .rst)])
        #expect(end.streamCount == 1)
        try end.receive(late)
        #expect(end.heard == [])
    }

    @Test func `a number that is not the peer's to choose ends the session`() {
        for (role, number) in [(YamuxSession.Role.listener, UInt32(2)), (.dialer, 1), (.listener, 0), (.dialer, 0)] {
            let end = YamuxEnd(role)
            #expect(throws: YamuxError.invalidStreamNumber(number)) {
                try end.receive(YamuxHeader.window(number, .syn).wire)
            }
            #expect(end.heard == [])
        }
    }

    @Test func `a SYN on an open stream ends the session`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        #expect(throws: YamuxError.streamAlreadyOpen(1)) { try end.receive(YamuxHeader.data(1, .syn).wire) }
    }

    @Test func `a number used again names a new stream that the old one's id does not reach`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.data(1, .syn, 200_000).with(payload: 200_000))
        let old = try #require(end.id(1))
        try end.receive(YamuxHeader.window(1, .rst).wire + YamuxHeader.data(1, .syn, 100_000).with(payload: 100_000))
        let new = try #require(end.id(1))
        #expect(new.slot == old.slot)
        #expect(new != old)
        #expect(!end.isOpen(old))

        // What an old reader still gives back is no credit for the new stream.
        _ = end.session.consumed(old, count: 200_000, now: .zero)
        end.session.reset(old)
        #expect(!end.hasOutput)
        #expect(throws: YamuxError.receiveWindowExceeded(stream: 1)) {
            try end.receive(YamuxHeader.data(1, [], 200_000).wire)
        }
    }

    @Test func `stream numbers run out without a trap`() throws {
        for role in [YamuxSession.Role.dialer, .listener] {
            let end = YamuxEnd(role)
            end.session.nextNumber = role == .dialer ? .max - 4 : .max - 5
            let numbers = [try end.session.openStream().number, try end.session.openStream().number]
            #expect(numbers[1] == numbers[0] + 2)
            #expect(!end.canOpenStream)
            #expect(throws: YamuxError.tooManyStreams) { try end.session.openStream() }
        }
    }
}
