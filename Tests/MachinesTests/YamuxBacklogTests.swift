import Bytes
import Testing

@testable import Yamux

/// libp2p's Yamux specification, "ACK backlog", and what else a peer can ask for without reading the answers.
@Suite struct YamuxBacklogTests {
    static let backlog = 256

    /// SYN frames of the peer's first streams, beginning with the one of this index.
    private func begin(_ range: Range<Int>) -> [UInt8] {
        range.flatMap { YamuxHeader.window(UInt32(2 * $0 + 1), .syn).wire }
    }

    @Test func `the peer's streams beyond 256 that nobody accepted are refused`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(self.begin(0..<300))
        #expect(end.streamCount == Self.backlog)
        #expect(end.heard == (0..<Self.backlog).map { .opened(UInt32(2 * $0 + 1)) })
        #expect(end.sendAll() == (Self.backlog..<300).map { .window(UInt32(2 * $0 + 1), .rst) })

        // Each one that is accepted, refused or left makes room for one.
        end.write(try #require(end.id(1)), [1])
        end.session.reset(try #require(end.id(3)))
        try end.receive(YamuxHeader.window(5, .rst).wire)
        end.sendAll()
        _ = end.takeHeard()
        try end.receive(self.begin(300..<304))
        #expect(end.heard == (300..<303).map { .opened(UInt32(2 * $0 + 1)) })
        end.checkInvariants()
    }

    @Test func `we begin no more than 256 streams that the peer has not accepted`() throws {
        let end = YamuxEnd(.dialer)
        var ids: [YamuxStreamID] = []
        for _ in 0..<Self.backlog { ids.append(try end.session.openStream()) }
        #expect(!end.canOpenStream)
        #expect(throws: YamuxError.tooManyUnacknowledgedStreams) { try end.session.openStream() }
        end.sendAll()
        #expect(!end.canOpenStream)

        try end.receive(YamuxHeader.window(1, .ack).wire)
        #expect(end.canOpenStream)
        _ = try end.session.openStream()
        #expect(!end.canOpenStream)
        try end.receive(YamuxHeader.window(3, .rst).wire)
        #expect(end.canOpenStream)
        _ = try end.session.openStream()
        end.session.closeWrite(ids[2])
        end.sendAll()
        #expect(!end.canOpenStream)
        try end.receive(YamuxHeader.window(5, .fin).wire)
        #expect(end.canOpenStream, "a stream that has ended waits for nothing")
        end.checkInvariants()
    }

    @Test func `neither side has more streams than there may be`() throws {
        var configuration = YamuxConfiguration.quiet
        configuration.maximumStreams = 3
        let end = YamuxEnd(.listener, configuration)
        _ = try end.session.openStream()
        try end.receive(self.begin(0..<3))
        #expect(end.heard == [.opened(1), .opened(3)])
        #expect(!end.canOpenStream)
        #expect(throws: YamuxError.tooManyStreams) { try end.session.openStream() }
        #expect(end.sendAll() == [.window(5, .rst), .window(2, .syn)])
    }

    @Test func `a hundred thousand streams at once cost the memory of 256`() throws {
        let end = YamuxEnd(.listener)
        for index in 0..<100_000 {
            try end.receive(self.begin(index..<index + 1))
            if index % 1_000 == 999 { end.sendAll() }
        }
        #expect(end.streamCount == Self.backlog)
        #expect(end.session.streams.capacity == Self.backlog)
        #expect(end.heard.count == Self.backlog)
    }

    @Test func `a peer that begins streams and reads no refusal is not served for ever`() throws {
        let end = YamuxEnd(.listener)
        let limit = end.session.configuration.maximumUnansweredFrames
        try end.receive(self.begin(0..<Self.backlog + limit))
        #expect(throws: YamuxError.tooManyUnansweredFrames) {
            try end.receive(self.begin(Self.backlog + limit..<Self.backlog + limit + 1))
        }
    }

    @Test func `a peer that pings and reads no answer is not served for ever`() throws {
        let end = YamuxEnd(.listener)
        let limit = end.session.configuration.maximumUnansweredFrames
        for round in 0..<3 {
            for value in 0..<limit { try end.receive(YamuxHeader.ping(UInt32(value)).wire) }
            if round < 2 { #expect(end.sendAll() == (0..<limit).map { .ping(UInt32($0), .ack) }) }
        }
        #expect(throws: YamuxError.tooManyUnansweredFrames) { try end.receive(YamuxHeader.ping(0).wire) }
    }

    @Test func `a peer that begins and resets streams and reads nothing costs no memory`() throws {
        let end = YamuxEnd(.listener)
        // The application answers each stream as soon as it is open, as multistream-select does.
        end.onEvent = { end, event in
            if case .opened(let id) = event {
                end.session.offerOutput(id, count: 20)
                end.session.closeWrite(id)
            }
        }
        for index in 0..<50_000 {
            let number = UInt32(2 * index + 1)
            try end.receive(YamuxHeader.window(number, .syn).wire + YamuxHeader.window(number, .rst, 1).wire)
            _ = end.takeHeard()
        }
        #expect(end.streamCount == 0)
        #expect(!end.hasOutput)
        #expect(end.session.ready.capacity == 1)
        #expect(end.session.streams.capacity == 1)
    }

    @Test func `the memory of a crowd of streams goes with it`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(self.begin(0..<200))
        let old = end.session.openStreams
        try end.receive((0..<200).flatMap { YamuxHeader.window(UInt32(2 * $0 + 1), .rst).wire })
        #expect(end.session.streams.capacity == 0)
        #expect(end.session.ready.capacity == 0)

        try end.receive(self.begin(0..<200))
        #expect(old.allSatisfy { !end.isOpen($0) })
        for id in old { end.session.offerOutput(id, count: 1) }
        #expect(!end.hasOutput)
        end.checkInvariants()
    }
}
