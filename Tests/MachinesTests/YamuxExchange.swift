import Bytes
import TestSupport
import Testing

@testable import Yamux

/// What one side's application and connection know: an independent account that the session is held against.
struct YamuxAccount {
    struct Stream {
        var number: UInt32
        var unread = 0
        /// Our half was ended by us.
        var ended = false
        var readsNoMore = false
    }

    /// By slot, as a connection keeps its streams.
    var streams: [Int: (id: YamuxStreamID, state: Stream)] = [:]
    /// All that was written to each stream, by its number, and how much of the peer's came in.
    var written: [UInt32: [UInt8]] = [:]
    var received: [UInt32: Int] = [:]
    /// Streams of which the peer's end was heard.
    var readClosed: Set<UInt32> = []
    /// Streams that do not have to arrive whole: one side has reset them or did not read them.
    var broken: Set<UInt32> = []

    mutating func add(_ id: YamuxStreamID) {
        #expect(self.streams[id.slot] == nil, "a slot is given out that is in use")
        self.streams[id.slot] = (id, Stream(number: id.number))
    }

    mutating func remove(_ id: YamuxStreamID) {
        #expect(self.streams[id.slot]?.id == id, "a stream ends that was not open")
        self.streams[id.slot] = nil
    }
}

/// Two sessions that do random things over wires that are cut at random.
final class YamuxExchange {
    private var random: SeededGenerator
    let ends: [YamuxEnd]
    var accounts = [YamuxAccount(), YamuxAccount()]
    private var wires: [[UInt8]] = [[], []]
    /// What streams carry: pieces of this, so that bytes that are lost or change places are seen.
    private let material: [UInt8]
    /// How often, in percent of the times it could, a side leaves a stream before it has ended.
    private let breaking: Int
    private(set) var events = 0

    init(seed: UInt64, _ configuration: YamuxConfiguration = .init(), breaking: Int = 100) {
        var random = SeededGenerator(seed: seed)
        self.material = (0..<400_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        self.random = random
        self.breaking = breaking
        self.ends = [YamuxEnd(.dialer, configuration), YamuxEnd(.listener, configuration)]
    }

    private func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self.random) }

    private func anyStream(_ side: Int) -> (id: YamuxStreamID, state: YamuxAccount.Stream)? {
        let slots = self.accounts[side].streams.keys.sorted()
        guard let slot = slots.randomElement(using: &self.random) else { return nil }
        return self.accounts[side].streams[slot]
    }

    /// One random thing on a random side.
    func step() throws {
        let side = self.number(0..<2)
        switch self.number(0..<100) {
        case 0..<6: try self.open(side)
        case 6..<30: self.write(side)
        case 30..<33: if let id = self.anyStream(side)?.id { self.closeWrite(side, id) }
        case 33: if let id = self.anyStream(side)?.id, self.random.chance(self.breaking) { self.reset(side, id) }
        case 34: if let id = self.anyStream(side)?.id, self.random.chance(self.breaking) { self.stopReading(side, id) }
        case 35..<55: if let id = self.anyStream(side)?.id { self.read(side, id, self.number(0..<300_000)) }
        case 55..<75: self.send(side, frames: self.number(1..<8))
        case 75..<97: try self.deliver(to: side, self.number(1..<(self.random.chance(50) ? 40 : 400_000)))
        default: try self.advance(by: .milliseconds(self.number(0..<20)))
        }
    }

    func open(_ side: Int) throws {
        guard self.ends[side].canOpenStream, self.accounts[side].streams.count < 60 else { return }
        self.accounts[side].add(try self.ends[side].session.openStream())
    }

    private func write(_ side: Int) {
        guard let (id, state) = self.anyStream(side), !state.ended else { return }
        let count = self.random.chance(95) ? self.number(0..<2_000) : self.number(0..<300_000)
        let start = self.number(0..<self.material.count - count)
        let bytes = Array(self.material[start..<start + count])
        self.accounts[side].written[id.number, default: []] += bytes
        self.ends[side].write(id, bytes)
    }

    func closeWrite(_ side: Int, _ id: YamuxStreamID) {
        self.ends[side].session.closeWrite(id)
        self.accounts[side].streams[id.slot]?.state.ended = true
    }

    private func reset(_ side: Int, _ id: YamuxStreamID) {
        self.ends[side].session.reset(id)
        self.accounts[side].broken.insert(id.number)
        self.accounts[side].streams[id.slot]?.state.ended = true
        self.accounts[side].streams[id.slot]?.state.readsNoMore = true
        if !self.ends[side].isOpen(id) { self.accounts[side].remove(id) }
    }

    private func stopReading(_ side: Int, _ id: YamuxStreamID) {
        self.ends[side].session.stopReading(id, now: self.ends[side].now)
        self.accounts[side].broken.insert(id.number)
        self.accounts[side].streams[id.slot]?.state.readsNoMore = true
    }

    func read(_ side: Int, _ id: YamuxStreamID, _ most: Int) {
        let count = min(self.accounts[side].streams[id.slot]?.state.unread ?? 0, most)
        self.accounts[side].streams[id.slot]?.state.unread -= count
        let end = self.ends[side]
        let growth = end.session.consumed(id, count: count, now: end.now)
        if growth > 0, self.random.chance(70) { end.session.growWindow(id, by: growth) }
    }

    func send(_ side: Int, frames: Int) {
        for _ in 0..<frames {
            let room = [1, 100, 4_096, 65_507][self.number(0..<4)]
            guard let (frame, wire) = self.ends[side].nextFrame(maximumPayload: room) else { return }
            self.wires[1 - side] += wire
            if frame.endsStream, let id = frame.stream { self.accounts[side].remove(id) }
        }
    }

    func deliver(to side: Int, _ count: Int) throws {
        let bytes = Array(self.wires[side].prefix(count))
        self.wires[side].removeFirst(bytes.count)
        var reader = BytesReader(Bytes(bytes))
        while let event = try self.ends[side].session.next(&reader, now: self.ends[side].now) {
            self.events += 1
            self.note(side, event, bytes)
        }
        #expect(reader.remaining == 0)
    }

    private func note(_ side: Int, _ event: YamuxSession.Event, _ bytes: [UInt8]) {
        switch event {
        case .opened(let id): self.accounts[side].add(id)
        case .data(let id, let range):
            let start = self.accounts[side].received[id.number, default: 0]
            let written = self.accounts[1 - side].written[id.number, default: []]
            #expect(self.accounts[side].streams[id.slot]?.state.readsNoMore == false)
            if start + range.count <= written.count {
                #expect(bytes[range] == written[start..<start + range.count], "other bytes than were written")
            } else {
                Issue.record("more bytes than were written")
            }
            self.accounts[side].received[id.number] = start + range.count
            self.accounts[side].streams[id.slot]?.state.unread += range.count
        case .readClosed(let id, let finished):
            #expect(self.accounts[side].readClosed.insert(id.number).inserted, "a stream ends twice")
            if finished { self.accounts[side].remove(id) }
        case .reset(let id, _):
            self.accounts[side].broken.insert(id.number)
            self.accounts[side].remove(id)
        case .violated: Issue.record("neither side breaks a rule")
        case .accepted, .windowUpdated, .pong, .goAway: break
        }
    }

    func advance(by duration: Duration) throws {
        for (side, end) in self.ends.enumerated() {
            end.now = end.now + duration
            guard let deadline = end.session.nextDeadline, deadline <= end.now else { continue }
            for id in try end.session.handleDeadline(now: end.now) { self.accounts[side].broken.insert(id.number) }
        }
    }

    /// Ends every stream, reads everything and moves all bytes, for as long as lingering streams may take.
    func finish() throws {
        for second in 0..<200 where self.ends.contains(where: { $0.streamCount > 0 || $0.hasOutput }) || second == 0 {
            repeat {
                for side in 0..<2 {
                    for (id, _) in self.accounts[side].streams.values.sorted(by: { $0.id.number < $1.id.number }) {
                        self.closeWrite(side, id)
                        self.read(side, id, .max)
                    }
                    self.send(side, frames: .max)
                    try self.deliver(to: 1 - side, .max)
                }
            } while self.ends.contains(where: \.hasOutput)
            try self.advance(by: .seconds(1))
        }
    }
}
