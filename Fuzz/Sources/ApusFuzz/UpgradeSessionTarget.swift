import Bytes

extension FuzzTarget {
    /// The input as a script for both ends of a whole connection, and the way between them.
    static let upgradeSession = FuzzTarget(name: "upgrade-session", memory: 8 << 20) { input in
        var run = UpgradeSessionRun(input)
        run.perform()
    } seeds: {
        // The steps of `UpgradeSessionRun`, under the byte that chooses the limits.
        let upgrade: [UInt8] = [11, 141, 255, 255, 139, 13, 255, 255, 11, 141, 255, 255].flatMap {
            $0 == 11 || $0 == 139 ? [$0, 1] : [$0]
        }
        let write: [UInt8] = [0, 1, 0, 100, 11, 3, 141, 255, 255, 129, 0, 50, 139, 3, 13, 255, 255]
        let pieces: [UInt8] = (0..<16).flatMap { _ in [11, 1, 141, 0, 60, 139, 1, 13, 0, 60] }
        let bulk: [UInt8] = [1, 0, 250, 11, 15, 141, 255, 255, 134, 0, 0, 139, 15, 13, 255, 255]
        let damage: [[UInt8]] = [
            [14, 0, 0, 5, 1], [14, 1, 0, 30, 9], [14, 5, 0, 0], [14, 6, 0, 0], [14, 7, 0, 0],
            [15, 0, 0, 0, 255, 11, 2],
            [15, 4, 0, 0, 12, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 11, 1], [15, 6, 0, 0, 11, 2],
        ]
        return [0, 4, 8, 16].flatMap { (choice: UInt8) in
            [Bytes([choice] + upgrade + write + bulk), Bytes([choice] + pieces + write)]
                + damage.flatMap {
                    [Bytes([choice] + $0 + upgrade), Bytes([choice] + upgrade + [0, 1, 0, 40] + $0 + write)]
                }
        }
    }
}

/// Two ends of a whole connection under virtual time. Bytes are cut on their way, changed on the wire by somebody who has
/// no keys, and changed by the peer itself before it seals them.
///
/// The first byte of the script chooses the limits. Then each byte is a step: its highest bit says which end takes it, the
/// lowest four what is done. Without changes, both ends come to a connection, and each stream carries what was written.
struct UpgradeSessionRun {
    private var script: FuzzScript
    private let ends: [UpgradeFuzzEnd]
    /// To the dialer and to the listener: sealed, and what the other end is about to seal.
    private var wires = [FuzzWire(), FuzzWire()]
    private var plaintexts = [FuzzWire(), FuzzWire()]

    init(_ input: Bytes) {
        self.script = FuzzScript(input)
        let choice = self.script.byte()
        let configuration = YamuxFuzzEnd.configuration(choice)
        let yamux = ["/yamux/1.0.0"]
        self.ends = [
            UpgradeFuzzEnd(isDialer: true, streamMuxers: choice & 8 == 0 ? yamux : [], configuration),
            UpgradeFuzzEnd(isDialer: false, streamMuxers: choice & 16 == 0 ? yamux : [], configuration),
        ]
    }

    private var isDamaged: Bool {
        self.wires.contains(where: \.isDamaged) || self.plaintexts.contains(where: \.isDamaged)
    }

    mutating func perform() {
        while !self.script.isAtEnd {
            let step = self.script.byte()
            self.take(Int(step & 15), Int(step >> 7))
        }
        if !self.isDamaged { self.finish() }
        for end in self.ends { end.yamux.end() }
    }

    private mutating func take(_ step: Int, _ side: Int) {
        let end = self.ends[side]
        switch step {
        case 0...10:
            if end.isEstablished, end.failure == nil { end.yamux.perform(step, &self.script) }
        case 11: self.send(side, frames: Int(self.script.byte() & 15))
        case 12:
            let duration = Duration.milliseconds(100 * Int(self.script.byte()))
            self.ends[1 - side].yamux.now = self.ends[1 - side].yamux.now + duration
            if end.isEstablished, end.failure == nil { end.advance(by: duration) }
        case 13: self.deliver(to: side, self.script.number())
        case 14: self.wires[1 - side].damage(&self.script)
        default: self.plaintexts[1 - side].damage(&self.script)
        }
        end.yamux.check()
    }

    /// Sends what is due: in the clear, and then one message of as many frames.
    private mutating func send(_ side: Int, frames: Int) {
        if let output = self.ends[side].takeOutput() { self.wires[1 - side].send(output) }
        guard !self.wires[1 - side].isFull, self.ends[side].failure == nil else { return }
        if let message = self.ends[side].nextPlaintext(frames: frames) {
            self.plaintexts[1 - side].send { $0 += message }
        }
        // What was laid in front by a peer that breaks the rules can make it more than a message.
        while self.plaintexts[1 - side].count > 0 {
            guard let sealed = self.ends[side].seal(self.plaintexts[1 - side].deliver(65_519)) else { return }
            self.wires[1 - side].send(sealed)
        }
    }

    private mutating func deliver(to side: Int, _ count: Int) {
        guard self.wires[side].count > 0 else { return }
        self.ends[side].yamux.peerIsHonest = !self.isDamaged
        self.ends[side].receive(self.wires[side].deliver(count))
    }

    /// Lets both ends finish: without changes there is a connection, and each stream carries what was written.
    private mutating func finish() {
        for _ in 0..<40 {
            var isQuiet: Bool
            repeat {
                isQuiet = true
                for side in 0...1 {
                    if self.ends[side].isEstablished, self.ends[side].failure == nil {
                        self.ends[side].yamux.finishStreams()
                    }
                    self.send(side, frames: .max)
                    if self.wires[1 - side].count > 0 { isQuiet = false }
                    while self.wires[1 - side].count > 0 { self.deliver(to: 1 - side, 1 << 16) }
                }
            } while !isQuiet || self.ends.contains(where: \.hasOutput)
            // A keep-alive that ran out while the script let time pass is an honest end.
            if self.ends.contains(where: { $0.failure != nil }) { return }
            if self.ends.allSatisfy(\.yamux.isIdle) { break }
            for end in self.ends { end.advance(by: .milliseconds(300)) }
        }
        precondition(self.ends.allSatisfy(\.isEstablished), "honest ends come to a connection")
        precondition(self.ends.allSatisfy(\.yamux.isIdle), "every stream ends")
        self.ends[0].yamux.checkStreams(with: self.ends[1].yamux)
        self.ends[1].yamux.checkStreams(with: self.ends[0].yamux)
    }
}
