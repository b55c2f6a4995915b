import Bytes
import Testing

@testable import Yamux

/// The application may call anything between an event and the next call of `next`, on the event's stream or another.
@Suite struct YamuxReentrancyTests {
    typealias Call = @Sendable (YamuxEnd, YamuxStreamID) throws -> Void

    /// Every public operation that changes something; those of one stream get its id, which may be that of a stream
    /// that has gone.
    static let calls: [(name: String, call: Call)] = [
        ("openStream", { end, _ in if end.canOpenStream { _ = try end.session.openStream() } }),
        (
            "offerOutput",
            { end, id in
                if !end.hasEnded(id) { end.session.offerOutput(id, count: 300_000) }
            }
        ),
        ("closeWrite", { end, id in end.session.closeWrite(id) }),
        ("reset", { end, id in end.session.reset(id, code: 5) }),
        (
            "reset and send",
            { end, id in
                end.session.reset(id)
                end.sendAll()
            }
        ),
        ("stopReading", { end, id in end.session.stopReading(id, now: end.now) }),
        (
            "closeWrite, stopReading and send",
            { end, id in
                end.session.closeWrite(id)
                end.session.stopReading(id, now: end.now)
                end.sendAll()
            }
        ),
        ("consumed", { end, id in _ = end.session.consumed(id, count: end.unread(id), now: end.now) }),
        ("growWindow", { end, id in end.session.growWindow(id, by: 1 << 20) }),
        ("goAway", { end, _ in end.session.goAway(.internalError) }),
        ("handleDeadline", { end, _ in _ = try end.session.handleDeadline(now: end.now + .seconds(5)) }),
        ("nextFrame", { end, _ in end.sendAll() }),
        ("nextFrame without room", { end, _ in while end.session.nextFrame(maximumPayload: 0) != nil {} }),
        ("reset all", { end, _ in for id in end.session.openStreams { end.session.reset(id) } }),
        (
            "reset all and send",
            { end, _ in
                for id in end.session.openStreams { end.session.reset(id) }
                end.sendAll()
            }
        ),
    ]

    @Test(arguments: calls.indices)
    func `any call between two events leaves the other streams as they are`(index: Int) throws {
        let (name, call) = Self.calls[index]
        // The session events come last, so that what streams are open then is known.
        for position in 0..<YamuxScript.heard.count {
            let end = try YamuxScript.listener()
            var target: YamuxStreamID?
            var events = 0
            end.onEvent = { end, event in
                defer { events += 1 }
                guard events == position else { return }
                target = event.id ?? end.session.openStreams.first
                do { try call(end, try #require(target)) } catch { Issue.record("\(name): \(error)") }
                end.checkInvariants()
            }
            try end.receive(YamuxScript.bytes)
            end.checkInvariants()
            #expect(target != nil)
            let touched = self.touched(by: name, target?.number, at: position)
            let (heard, untouched) = (Self.byStream(end.heard), Self.byStream(YamuxScript.heard))
            for (stream, events) in untouched where !touched.contains(stream) {
                #expect(heard[stream] == events, "\(name) at event \(position), stream \(stream)")
            }
            end.sendAll()
            end.checkInvariants()
            #expect(!end.hasOutput)
        }
    }

    /// The streams of which the call may change what is heard.
    private func touched(by name: String, _ target: UInt32?, at position: Int) -> Set<UInt32> {
        func opened(_ events: ArraySlice<YamuxHeard>) -> Set<UInt32> {
            Set(events.compactMap { if case .opened(let number) = $0 { number } else { nil } })
        }
        return switch name {
        case "goAway": opened(YamuxScript.heard[(position + 1)...])
        case "reset all", "reset all and send": opened(YamuxScript.heard[...position]).union([2])
        default: target.map { [$0] } ?? []
        }
    }

    /// What was heard of each stream, its data in one piece where nothing else of it came between.
    private static func byStream(_ heard: [YamuxHeard]) -> [UInt32: [YamuxHeard]] {
        var streams: [UInt32: [YamuxHeard]] = [:]
        for event in heard {
            guard let stream = event.stream else { continue }
            if case .data(_, let more) = event, case .data(_, let earlier)? = streams[stream]?.last {
                streams[stream]?.removeLast()
                streams[stream]?.append(.data(stream, earlier + more))
            } else {
                streams[stream, default: []].append(event)
            }
        }
        return streams
    }

    @Test func `a reset at any event is the last that is heard of its stream`() throws {
        for sends in [false, true] {
            for position in 0..<YamuxScript.heard.count {
                let end = try YamuxScript.listener()
                var events = 0
                var target: UInt32?
                end.onEvent = { end, event in
                    if let number = event.id?.number { #expect(number != target, "event \(position)") }
                    if events == position, let id = event.id {
                        end.session.reset(id)
                        target = id.number
                        if sends { end.sendAll() }
                    }
                    events += 1
                }
                try end.receive(YamuxScript.bytes)
            }
        }
    }

    @Test func `a stream that is reset as it opens costs its frame's data and nothing else`() throws {
        let end = YamuxEnd(.listener)
        end.onEvent = { end, event in
            if case .opened(let id) = event {
                end.session.reset(id)
                end.sendAll()
            }
        }
        try end.receive(YamuxHeader.data(1, [.syn, .fin], 9).with(payload: 9) + YamuxHeader.ping(2).wire)
        #expect(end.heard == [.opened(1)])
        #expect(end.sendAll() == [.ping(2, .ack)])
        #expect(end.streamCount == 0)
    }

    @Test func `a GoAway between the events of one frame refuses the next stream and not this one`() throws {
        let end = YamuxEnd(.listener)
        end.onEvent = { end, event in
            if case .opened = event { end.session.goAway(.normal) }
        }
        try end.receive(YamuxHeader.data(1, .syn, 1).with(payload: 1) + YamuxHeader.data(3, .syn, 1).with(payload: 1))
        #expect(end.heard == [.opened(1), .data(1, [7])])
        #expect(end.sendAll() == [YamuxHeader(type: .goAway), .window(3, .rst)])
    }

    @Test func `window that is granted between the pieces of a frame does not unbalance it`() throws {
        let end = YamuxEnd(.listener)
        var read = 0
        end.onEvent = { end, event in
            guard case .data(let id, let range) = event else { return }
            read += range.count
            _ = end.session.consumed(id, count: range.count, now: end.now)
            end.checkInvariants()
        }
        let bytes = YamuxHeader.data(1, .syn, 262_144).with(payload: 262_144)
        try YamuxPair.deliver(bytes, to: end, cut: 50_000)
        #expect(read == 262_144)
        let granted = end.sendAll().reduce(0) { $0 + $1.value }
        #expect(granted >= 131_072)
        try end.receive(YamuxHeader.data(1, [], granted).with(payload: Int(granted)))
    }
}

extension YamuxSession.Event {
    var id: YamuxStreamID? {
        switch self {
        case .opened(let id), .accepted(let id), .data(let id, _), .readClosed(let id, _), .reset(let id, _),
            .windowUpdated(let id), .violated(let id):
            id
        case .pong, .goAway: nil
        }
    }
}

extension YamuxEnd {
    /// Whether our half of the stream has ended, or the stream has.
    fileprivate func hasEnded(_ id: YamuxStreamID) -> Bool {
        !self.isOpen(id) || self.session.streams[id].finishPending || self.session.streams[id].finishSent
    }

    /// How many bytes the reader could take at most.
    fileprivate func unread(_ id: YamuxStreamID) -> Int {
        guard self.isOpen(id) else { return 1_000 }
        let window = self.session.streams[id].receive
        return window.size - window.credit - window.consumed
    }
}
