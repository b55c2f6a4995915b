import Bytes
import Testing

@testable import Yamux

/// Streams that the application is done with while the peer is not; the default time is 60 s.
@Suite struct YamuxLingerTests {
    private func at(_ seconds: Double) -> Instant { .zero + .seconds(seconds) }

    /// A listener that has ended its half of stream 1 and reads no more, at second 0.
    private func finished() throws -> (YamuxEnd, YamuxStreamID) {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        end.session.closeWrite(id)
        end.sendAll()
        end.session.stopReading(id, now: .zero)
        return (end, id)
    }

    @Test func `a stream whose peer ends it in time goes by itself`() throws {
        let (end, id) = try self.finished()
        #expect(end.session.nextDeadline == self.at(60))
        try end.receive(YamuxHeader.data(1, .fin, 3).with(payload: 3))
        #expect(end.heard == [.opened(1), .readClosed(1, finished: true)])
        #expect(!end.isOpen(id))
        #expect(end.session.nextDeadline == nil)
        #expect(try end.session.handleDeadline(now: self.at(100)) == [])
        #expect(!end.hasOutput)
    }

    @Test func `a stream whose peer never ends it is reset when the time is over`() throws {
        let (end, id) = try self.finished()
        #expect(try end.session.handleDeadline(now: self.at(59.9)) == [])
        #expect(try end.session.handleDeadline(now: self.at(60)) == [id])
        #expect(end.sendAll() == [.window(1, .rst)])
        #expect(end.streamCount == 0)
        #expect(end.session.nextDeadline == nil)
    }

    @Test func `the peer has the whole time from the end of our half`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        end.session.stopReading(id, now: .zero)
        end.session.stopReading(id, now: self.at(30))
        #expect(end.session.nextDeadline == self.at(60))
        end.session.offerOutput(id, count: 10)
        #expect(try end.session.handleDeadline(now: self.at(60)) == [], "our half is open")
        end.session.closeWrite(id)
        end.sendAll()
        #expect(try end.session.handleDeadline(now: self.at(120)) == [], "it ended less than 60 s ago")
        #expect(try end.session.handleDeadline(now: self.at(180)) == [id])
    }

    @Test func `a peer that reads is waited for, and one that stops is not`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, .syn).wire)
        let id = try #require(end.id(1))
        end.session.offerOutput(id, count: YamuxConfiguration.initialWindow + 1_000)
        end.session.closeWrite(id)
        end.session.stopReading(id, now: .zero)
        for minute in 1...5 {
            end.sendAll()
            try end.receive(YamuxHeader.window(1, [], 100).wire)
            #expect(try end.session.handleDeadline(now: self.at(Double(60 * minute))) == [])
        }
        #expect(end.sendAll() == [.data(1, [], 100)])
        #expect(try end.session.handleDeadline(now: self.at(360)) == [])
        #expect(try end.session.handleDeadline(now: self.at(420)) == [id])
    }

    @Test func `two sides that read nothing of each other do not wait for ever`() throws {
        let pair = YamuxPair()
        let mine = try pair.dialer.session.openStream()
        try pair.settle()
        for (end, id) in [(pair.dialer, mine), (pair.listener, try #require(pair.listener.id(1)))] {
            end.write(id, [UInt8](repeating: 0, count: 300_000))
            end.session.closeWrite(id)
            end.session.stopReading(id, now: .zero)
        }
        try pair.settle()
        #expect(pair.dialer.streamCount == 1)
        for end in [pair.dialer, pair.listener] {
            #expect(try end.session.handleDeadline(now: self.at(60)) == [])
            #expect(try end.session.handleDeadline(now: self.at(120)).count == 1)
        }
        try pair.settle()
        #expect(pair.dialer.streamCount + pair.listener.streamCount == 0)
    }

    @Test func `a stream that the peer has ended does not wait for a time`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.window(1, [.syn, .fin]).wire + YamuxHeader.window(3, .syn).wire)
        end.session.stopReading(try #require(end.id(1)), now: .zero)
        end.session.stopReading(try #require(end.id(3)), now: .zero)
        try end.receive(YamuxHeader.window(3, .fin).wire)
        #expect(end.session.nextDeadline == nil)
        #expect(end.streamCount == 2)
    }

    @Test func `a reset by either side ends the waiting`() throws {
        let (mine, id) = try self.finished()
        mine.session.reset(id)
        #expect(mine.session.nextDeadline == nil)
        let (theirs, _) = try self.finished()
        try theirs.receive(YamuxHeader.window(1, .rst).wire)
        #expect(theirs.session.nextDeadline == nil)
        #expect(theirs.streamCount == 0)
    }

    @Test func `many streams are reset in the order in which they were left`() throws {
        let end = YamuxEnd(.listener)
        var left: [YamuxStreamID] = []
        for index in 0..<100 {
            let number = UInt32(2 * index + 1)
            try end.receive(YamuxHeader.window(number, .syn).wire)
            let id = try #require(end.id(number))
            end.session.closeWrite(id)
            end.sendAll()
            end.session.stopReading(id, now: self.at(Double(index)))
            left.append(id)
        }
        #expect(try end.session.handleDeadline(now: self.at(60 + 49)) == Array(left[0..<50]))
        #expect(end.session.nextDeadline == self.at(60 + 50))
        #expect(try end.session.handleDeadline(now: self.at(1_000)) == Array(left[50...]))
        end.sendAll()
        #expect(end.streamCount == 0)
    }

    @Test(arguments: [false, true])
    func `a hundred thousand short streams leave no memory behind`(sameNumber: Bool) throws {
        let end = YamuxEnd(.listener)
        var number: UInt32 = 1
        for round in 0..<100_000 {
            try self.pass(end, header: .window(number, .syn))
            let id = try #require(end.session.openStreams.first)
            end.session.stopReading(id, now: end.now)
            try self.pass(end, header: .window(number, round & 1 == 0 ? .fin : .rst))
            if end.session.isOpen(id) { end.session.closeWrite(id) }
            _ = end.session.nextFrame(maximumPayload: 100)
            end.now = end.now + .microseconds(1)
            if !sameNumber { number += 2 }
        }
        #expect(end.streamCount == 0)
        #expect(end.session.lingering.capacity == 1)
        #expect(end.session.lingering.isEmpty)
        #expect(end.session.ready.capacity == 1)
        #expect(end.session.streams.capacity == 1)
    }

    /// Passes a header without keeping what it says.
    private func pass(_ end: YamuxEnd, header: YamuxHeader) throws {
        var reader = BytesReader(header.bytes)
        while try end.session.next(&reader, now: end.now) != nil {}
    }
}
