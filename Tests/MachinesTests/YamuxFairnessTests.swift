import Bytes
import TestSupport
import Testing

@testable import Yamux

/// Streams with output take turns, one frame a turn.
@Suite struct YamuxFairnessTests {
    /// A dialer with `count` streams that the peer was told of.
    private func begun(_ count: Int) throws -> (YamuxEnd, [YamuxStreamID]) {
        let end = YamuxEnd(.dialer)
        let ids = try (0..<count).map { _ in try end.session.openStream() }
        end.sendAll()
        return (end, ids)
    }

    @Test func `each of many streams sends one frame before any sends its next`() throws {
        let (end, ids) = try self.begun(200)
        for (index, id) in ids.enumerated() { end.session.offerOutput(id, count: 1_000 + 100 * (index % 7)) }
        for turn in 0..<10 {
            let numbers = ids.map { _ in end.session.nextFrame(maximumPayload: 100)?.header.stream }
            #expect(numbers == ids.map(\.number), "turn \(turn)")
        }
        // Those with less to say fall silent and the others go on in order.
        let longer = ids.indices.filter { $0 % 7 > 0 }.map { ids[$0].number }
        #expect(longer.map { _ in end.session.nextFrame(maximumPayload: 100)?.header.stream } == longer)
    }

    @Test func `a small message waits for one frame of each other stream at most`() throws {
        let (end, ids) = try self.begun(11)
        for id in ids.dropLast() { end.session.offerOutput(id, count: 200_000) }
        for _ in 0..<25 { _ = end.session.nextFrame(maximumPayload: 100) }
        end.session.offerOutput(ids[10], count: 5)
        let frames = (0..<11).map { _ in end.session.nextFrame(maximumPayload: 100)?.header }
        #expect(frames.last == .data(ids[10].number, [], 5))
    }

    @Test func `a stream that offers again does not get a second place`() throws {
        let (end, ids) = try self.begun(2)
        for _ in 0..<50 { end.session.offerOutput(ids[0], count: 1) }
        end.session.offerOutput(ids[1], count: 1)
        let frames = end.sendAll()
        #expect(frames == [.data(1, [], 50), .data(3, [], 1)])
    }

    @Test func `a stream that ends in the middle of the line takes nobody's turn`() throws {
        let (end, ids) = try self.begun(5)
        for id in ids { end.session.offerOutput(id, count: 1) }
        try end.receive(YamuxHeader.window(ids[0].number, .rst).wire + YamuxHeader.window(ids[2].number, .rst).wire)
        try end.receive(YamuxHeader.window(ids[4].number, .rst).wire)
        #expect(end.sendAll().map(\.stream) == [ids[1].number, ids[3].number])

        // A new stream in an old one's slot goes to the end of the line.
        end.session.offerOutput(ids[1], count: 1)
        let new = try end.session.openStream()
        #expect(ids.map(\.slot).contains(new.slot))
        #expect(end.sendAll().map(\.stream) == [ids[1].number, new.number])
    }

    @Test func `pongs go before data`() throws {
        let (end, ids) = try self.begun(1)
        end.session.offerOutput(ids[0], count: 1_000)
        _ = end.session.nextFrame(maximumPayload: 100)
        try end.receive(YamuxHeader.ping(4).wire)
        #expect(end.session.nextFrame(maximumPayload: 100)?.header == .ping(4, .ack))
    }

    @Test func `a stream without window waits outside the line`() throws {
        let (end, ids) = try self.begun(2)
        end.session.offerOutput(ids[0], count: 300_000)
        while end.session.nextFrame(maximumPayload: .max) != nil {}
        #expect(!end.hasOutput)
        end.session.offerOutput(ids[0], count: 300_000)
        #expect(!end.hasOutput)
        try end.receive(YamuxHeader.window(ids[0].number, [], 10).wire)
        end.session.offerOutput(ids[1], count: 10)
        #expect(end.sendAll() == [.data(1, [], 10), .data(3, [], 10)])
    }

    /// The queue behind it, against an array.
    @Test func `a queue of slots keeps its order whatever is taken out`() {
        var random = SeededGenerator(seed: 11)
        var queue = SlotQueue()
        var model: [Int] = []
        for _ in 0..<20_000 {
            let slot = Int.random(in: 0..<20, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                queue.append(slot)
                if !model.contains(slot) { model.append(slot) }
            case 2:
                queue.remove(slot)
                model.removeAll { $0 == slot }
            default:
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.first == model.first)
            #expect(queue.isEmpty == model.isEmpty)
            #expect(queue.contains(slot) == model.contains(slot))
        }
        #expect(queue.capacity == 20)
    }
}
