import Bytes
import Yamux

extension FuzzTarget {
    /// The input as a script for both ends of a Yamux session and the way between them.
    static let yamuxSession = FuzzTarget(name: "yamux-session", memory: 8 << 20) { input in
        var run = YamuxSessionRun(input)
        run.perform()
    } seeds: {
        // The steps of `YamuxSessionRun`; 128 more for the listener's side.
        let (send, deliver): ([UInt8], [UInt8]) = ([11, 255], [141, 255, 255])
        let (answer, take): ([UInt8], [UInt8]) = (send.map { $0 == 11 ? 139 : $0 }, [13, 255, 255])
        let write: [UInt8] = [1, 0, 100]
        let exchange = [0] + write + send + deliver + [129, 0, 50] + answer + take + [6, 0, 0, 2, 0] + send + deliver
        let bulk = [0, 1, 0, 255] + send + deliver + [134, 0, 0] + answer + take + send + deliver
        let broken: [[UInt8]] = [
            [14, 0, 0, 1, 255], [14, 1, 0, 4, 12], [14, 2, 0, 0, 12], [14, 3, 0, 0, 12, 12], [14, 5, 0, 0],
            [14, 6, 0, 0],
            [14, 7, 0, 0], [15, 0, 1, 1, 0, 0], [15, 2, 1, 0, 0, 9],
        ]
        // Pings that nobody reads the answers of, and windows that add up to more than 32 bits.
        let pings: [UInt8] = [0] + (0..<24).flatMap { _ in [15, 2, 1, 0, 0, 9] } + deliver
        let update: [UInt8] = [143, 1, 16, 1, 255, 255]
        let windows: [UInt8] = [2, 0] + send + deliver + update + update + take
        let honest = [
            [0] + exchange, [1] + bulk, [4] + exchange + [12, 50, 12, 50] + exchange, [2] + bulk + exchange,
        ]
        return (honest + [pings, windows]).map { Bytes($0) }
            + broken.map { Bytes([0, 0] + write + send + $0 + deliver + exchange) }
    }
}

/// Two ends of a Yamux session under virtual time, whose bytes are cut, and perhaps changed, on their way.
///
/// The first byte of the script chooses the limits. Then each byte is a step: its highest bit says which end takes it, the
/// lowest four what is done. Where nothing was changed on the way, no end may see an error of the other's, and all that
/// was written arrives in order; where something was, both ends keep to their limits, and an error ends the session.
struct YamuxSessionRun {
    private var script: FuzzScript
    private let ends: [YamuxFuzzEnd]
    /// To the dialer and to the listener.
    private var wires = [FuzzWire(), FuzzWire()]

    init(_ input: Bytes) {
        self.script = FuzzScript(input)
        let configuration = YamuxFuzzEnd.configuration(self.script.byte())
        self.ends = [YamuxFuzzEnd(.dialer, configuration), YamuxFuzzEnd(.listener, configuration)]
    }

    private var isDamaged: Bool { self.wires[0].isDamaged || self.wires[1].isDamaged }

    mutating func perform() {
        var side = 0
        do {
            while !self.script.isAtEnd {
                let step = self.script.byte()
                side = Int(step >> 7)
                try self.take(Int(step & 15), side)
                self.ends[side].check()
            }
            if !self.isDamaged { try self.finish(&side) }
        } catch {
            self.ends[side].fail(error)
        }
        for end in self.ends { end.end() }
    }

    private mutating func take(_ step: Int, _ side: Int) throws(YamuxError) {
        switch step {
        case 0...10: self.ends[side].perform(step, &self.script)
        case 11: self.send(side, frames: Int(self.script.byte() & 15) + 1, maximumPayload: 65_507)
        case 12:
            let duration = Duration.milliseconds(100 * Int(self.script.byte()))
            self.ends[1 - side].now = self.ends[1 - side].now + duration
            try self.ends[side].advance(by: duration)
        case 13: try self.deliver(to: side, self.script.number())
        case 14: self.wires[1 - side].damage(&self.script)
        default: self.inject(side)
        }
    }

    private mutating func send(_ side: Int, frames: Int, maximumPayload: Int) {
        for _ in 0..<frames {
            guard !self.wires[1 - side].isFull else { return }
            let sent = self.ends[side].sendFrame(maximumPayload: maximumPayload) { append in
                self.wires[1 - side].send(append)
            }
            if !sent { return }
        }
    }

    private mutating func deliver(to side: Int, _ count: Int) throws(YamuxError) {
        guard self.wires[side].count > 0 else { return }
        let bytes = self.wires[side].deliver(count)
        self.ends[side].peerIsHonest = !self.isDamaged
        try self.ends[side].receive(bytes)
    }

    /// A frame that the end's session did not send, with no more payload than the script has.
    private mutating func inject(_ side: Int) {
        let type = YamuxHeader.FrameType(rawValue: self.script.byte() & 3) ?? .data
        let flags = YamuxHeader.Flags(rawValue: UInt16(self.script.byte() & 31))
        let number = UInt32(self.script.byte())
        let value = UInt32(self.script.number()) << (flags.rawValue & 16 == 0 ? 0 : 16)
        let frame = YamuxHeader(type: type, flags: flags, stream: number, value: value)
        self.wires[1 - side].inject(frame.bytes)
        if type == .data { self.wires[1 - side].inject(self.script.take(min(Int(value), 64))) }
    }

    // MARK: Ends

    /// Lets both ends finish what they began; every stream must end, and carry all that was written.
    private mutating func finish(_ side: inout Int) throws(YamuxError) {
        for _ in 0..<40 {
            repeat {
                for end in 0...1 {
                    side = end
                    self.ends[end].finishStreams()
                    self.send(end, frames: .max, maximumPayload: .max)
                    side = 1 - end
                    while self.wires[1 - end].count > 0 { try self.deliver(to: 1 - end, 1 << 16) }
                }
            } while self.ends.contains(where: \.hasOutput)
            if self.ends.allSatisfy(\.isIdle) { break }
            for end in 0...1 {
                side = end
                try self.ends[end].advance(by: .milliseconds(300))
            }
        }
        precondition(self.ends.allSatisfy(\.isIdle), "every stream ends")
        self.ends[0].checkStreams(with: self.ends[1])
        self.ends[1].checkStreams(with: self.ends[0])
    }
}
