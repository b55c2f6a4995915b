import Bytes
import TestSupport
import Testing

@testable import Yamux

/// Random exchanges and random input, by seeded generators.
@Suite struct YamuxPropertyTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `every byte arrives once and in order whatever both sides do`(seed: UInt64) throws {
        let exchange = YamuxExchange(seed: seed)
        for index in 0..<3_000 {
            try exchange.step()
            if index % 100 == 0 { for end in exchange.ends { end.checkInvariants() } }
        }
        try exchange.finish()
        self.expectAllArrived(exchange)
        #expect(exchange.events > 1_000)
    }

    @Test(arguments: [21, 22, 23] as [UInt64])
    func `limits that are met all the time lose nothing`(seed: UInt64) throws {
        var configuration = YamuxConfiguration()
        configuration.maximumStreams = 6
        configuration.acceptBacklog = 2
        configuration.maximumPayload = 1_000
        let exchange = YamuxExchange(seed: seed, configuration, breaking: 10)
        for _ in 0..<3_000 { try exchange.step() }
        try exchange.finish()
        self.expectAllArrived(exchange)
    }

    private func expectAllArrived(_ exchange: YamuxExchange) {
        let broken = exchange.accounts[0].broken.union(exchange.accounts[1].broken)
        var whole = 0
        for side in 0..<2 {
            let end = exchange.ends[side]
            end.checkInvariants()
            #expect(end.streamCount == 0)
            #expect(!end.hasOutput)
            #expect(end.session.unacknowledgedInbound == 0)
            #expect(end.session.unacknowledgedOutbound == 0)
            #expect(end.session.lingering.isEmpty)
            #expect(exchange.accounts[side].streams.isEmpty, "the connection was told of every end")
            for (number, bytes) in exchange.accounts[side].written where !broken.contains(number) {
                #expect(exchange.accounts[1 - side].received[number, default: 0] == bytes.count)
                #expect(exchange.accounts[1 - side].readClosed.contains(number))
                whole += bytes.count
            }
        }
        #expect(whole > 30_000, "the run proves something")
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `no input traps and none unbalances the session`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var errors: Set<String> = []
        for session in 0..<40 {
            let end = YamuxEnd(session.isMultiple(of: 2) ? .listener : .dialer, .init())
            var reactions = random
            end.onEvent = { end, event in Self.react(end, event, &reactions) }
            for _ in 0..<25 {
                let bytes = (0..<10).flatMap { _ in Self.frame(&random) }
                end.now = end.now + .milliseconds(Int.random(in: 0..<500, using: &random))
                // A session that has thrown is over, but more input must not trap it either.
                do throws(YamuxError) {
                    try YamuxPair.deliver(bytes, to: end, cut: .random(in: 1..<200, using: &random))
                    _ = try end.session.handleDeadline(now: end.now)
                } catch { errors.insert(String("\(error)".prefix(30))) }
                end.checkInvariants()
                if random.chance(50) { end.sendAll() }
            }
            end.sendAll()
            end.checkInvariants()
            #expect(!end.hasOutput)
        }
        #expect(errors.count > 4, "the input reaches the session's rules")
    }

    /// A frame that is mostly well formed, with values at the limits, and a payload that is mostly as long as it says.
    private static func frame(_ random: inout SeededGenerator) -> [UInt8] {
        let values: [UInt32] = [0, 1, 2, 20, 200, 3_000, 262_144, 262_145, 1 << 28, .max]
        let value = values.prefix(random.chance(95) ? 6 : 10).randomElement(using: &random)
        let type = YamuxHeader.FrameType(rawValue: .random(in: 0...3, using: &random)) ?? .data
        let header = YamuxHeader(
            type: random.chance(60) ? .data : type,
            flags: .init(rawValue: random.chance(40) ? 0 : .random(in: 0..<16, using: &random)),
            stream: random.chance(95) ? .random(in: 0..<12, using: &random) : .random(in: 0 ... .max, using: &random),
            value: value ?? 0)
        var bytes = header.wire
        if random.chance(1) { bytes[random.chance(50) ? 0 : 1] = .random(in: 0 ... .max, using: &random) }
        guard header.type == .data, random.chance(97) else { return bytes }
        return bytes + [UInt8](repeating: 0, count: Int(min(header.value, 3_000)))
    }

    /// What an application might do at an event.
    private static func react(_ end: YamuxEnd, _ event: YamuxSession.Event, _ random: inout SeededGenerator) {
        let id = random.chance(70) ? event.id : end.session.openStreams.randomElement(using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: _ = try? end.session.openStream()
        case 1, 2:
            guard let id, end.isOpen(id), !end.session.streams[id].finishPending, !end.session.streams[id].finishSent
            else { return }
            end.session.offerOutput(id, count: .random(in: 0..<400_000, using: &random))
        case 3: if let id { end.session.closeWrite(id) }
        case 4: if let id { end.session.reset(id, code: 3) }
        case 5: if let id { end.session.stopReading(id, now: end.now) }
        case 6: if let id { end.session.growWindow(id, by: .random(in: 0 ... .max, using: &random)) }
        case 7:
            if case .data(let id, let range) = event { _ = end.session.consumed(id, count: range.count, now: end.now) }
        case 8: _ = end.session.nextFrame(maximumPayload: .random(in: 0..<100, using: &random))
        case 9: if random.chance(2) { end.session.goAway(.normal) }
        default: break
        }
    }
}
