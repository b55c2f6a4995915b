import Bytes
import Noise
import PeerIdentity

extension FuzzTarget {
    /// The input as a script for both ends of a Noise handshake and its session, and the way between them.
    static let noiseSession = FuzzTarget(name: "noise-session", memory: 8 << 20) { input in
        var run = NoiseSessionRun(input)
        run.perform()
    } seeds: {
        // The limits' byte, and then the steps of `NoiseSessionRun`; 128 more for the responder's side.
        let shake: [UInt8] = [0, 129, 255, 255, 128, 1, 255, 255, 0, 129, 255, 255]
        let talk: [UInt8] = [4, 0, 40, 132, 0, 9, 4, 255, 240, 129, 255, 255, 1, 255, 255]
        let pieces: [UInt8] = (0..<24).flatMap { _ in [0, 129, 0, 20, 128, 1, 0, 50] }
        let damage: [[UInt8]] = [
            [130, 0, 0, 40, 1], [130, 1, 0, 3, 2], [130, 2, 0, 1, 16], [130, 3, 0, 4, 8, 8],
            [130, 4, 0, 0, 4, 0, 2, 1, 1],
            [130, 5, 0, 0], [130, 6, 0, 0], [130, 7, 0, 0],
        ]
        return [
            [0] + shake + talk, [0] + pieces + talk, [1] + shake, [2] + shake, [4] + shake + talk, [8] + shake,
            [16] + shake,
        ]
        .map { Bytes($0) }
            + damage.flatMap { damage in
                [Bytes([0, 0] + damage + shake), Bytes([0] + shake + [4, 0, 20, 4, 0, 30] + damage + talk)]
            }
    }
}

/// Two ends of a Noise connection whose bytes are cut, and perhaps changed, on their way.
///
/// The first byte of the script chooses what the ends want of each other. Then each byte is a step, whose highest bit says
/// which end takes it. Whatever happens, both ends that get through the handshake have seen the same one, and what is
/// opened is a beginning of what the other end has sealed; where nothing was changed, all of it.
struct NoiseSessionRun {
    private static let longestMessage = 65_519

    private var script: FuzzScript
    private let ends: [NoiseFuzzEnd]
    /// Both ends want the same: the handshake must succeed.
    private let isAgreeable: Bool
    private let muxer: String?
    /// To the initiator and to the responder.
    private var wires = [FuzzWire(), FuzzWire()]
    /// The lengths of the messages that each end has sealed, and how many each has opened.
    private var sealed: [[Int]] = [[], []]
    private var opened = [0, 0]

    init(_ input: Bytes) {
        self.script = FuzzScript(input)
        let choice = self.script.byte()
        let isStranger = choice & 1 != 0
        let prologue = choice & 2 != 0 ? Bytes(utf8: "prologue") : Bytes()
        let initiatorMuxers = choice & 4 != 0 ? [] : ["/yamux/1.0.0"]
        let responderMuxers = choice & 8 != 0 ? ["/mplex/6.7.0"] : ["/mplex/6.7.0", "/yamux/1.0.0"]
        // Signatures are verified where the script says so: it takes as long as all the rest.
        let keys = choice & 16 != 0 ? nil : NoiseFixture.loop.verifiedKeys
        self.ends = [
            NoiseFuzzEnd(
                NoiseFixture.handshake(
                    .initiator, expectedPeer: isStranger ? FixedKeys.signerPeer : FixedKeys.otherPeer,
                    streamMuxers: initiatorMuxers, verifiedKeys: keys)),
            NoiseFuzzEnd(
                NoiseFixture.handshake(
                    .responder, streamMuxers: responderMuxers, prologue: prologue, verifiedKeys: keys)),
        ]
        self.isAgreeable = !isStranger && prologue.isEmpty && (initiatorMuxers.isEmpty || responderMuxers.count == 2)
        self.muxer = initiatorMuxers.first
    }

    private var isDamaged: Bool { self.wires[0].isDamaged || self.wires[1].isDamaged }

    mutating func perform() {
        while !self.script.isAtEnd {
            let step = self.script.byte()
            let side = Int(step >> 7)
            switch step & 7 {
            case 0: self.speak(side)
            case 1: self.deliver(to: side, self.script.number())
            case 2: self.wires[side].damage(&self.script)
            case 3: self.wires[side].inject(self.script.take(Int(self.script.byte() & 31)))
            case 4: self.seal(side, self.script.number())
            default: break
            }
        }
        for _ in 0..<2 {
            for side in 0...1 {
                self.speak(side)
                self.deliver(to: 1 - side, .max)
            }
        }
        self.checkOutcome()
    }

    private mutating func speak(_ side: Int) {
        if let output = self.ends[side].nextOutput() { self.wires[1 - side].send(output) }
    }

    private mutating func seal(_ side: Int, _ number: Int) {
        guard !self.wires[1 - side].isFull else { return }
        let count = min(number, Self.longestMessage)
        var plaintext: [UInt8] = []
        // Each message is another piece of the pattern, so that none can stand for another.
        FuzzPattern.append(side, offset: self.sealed[side].count, count: count, to: &plaintext)
        guard let message = self.ends[side].seal(Bytes(plaintext)) else { return }
        self.sealed[side].append(count)
        self.wires[1 - side].send(message)
    }

    private mutating func deliver(to side: Int, _ count: Int) {
        guard self.wires[side].count > 0 else { return }
        var reader = BytesReader(self.wires[side].deliver(count))
        self.ends[side].receive(&reader) { plaintext in
            let index = self.opened[side]
            precondition(index < self.sealed[1 - side].count, "nothing is opened that was not sealed")
            precondition(plaintext.count == self.sealed[1 - side][index], "messages are opened in their order")
            precondition(FuzzPattern.matches(plaintext, 1 - side, offset: index), "a message is what was sealed")
            self.opened[side] += 1
        }
        if let output = self.ends[side].takeLastOutput() { self.wires[1 - side].send(output) }
    }

    private func checkOutcome() {
        let (initiator, responder) = (self.ends[0], self.ends[1])
        if let peer = initiator.remotePeer {
            precondition(peer == FixedKeys.otherPeer, "only the peer that was dialled")
        }
        if let peer = responder.remotePeer {
            precondition(peer == FixedKeys.signerPeer, "only a peer that proved itself")
        }
        if let first = initiator.transcriptHash, let second = responder.transcriptHash {
            precondition(first == second, "both ends have seen the same handshake")
            precondition(initiator.streamMuxer == responder.streamMuxer, "both ends agree on the muxer")
        }
        guard !self.isDamaged else { return }
        guard self.isAgreeable else {
            precondition(initiator.error != nil || responder.error != nil, "an end says why the handshake failed")
            return
        }
        precondition(initiator.isSecured && responder.isSecured, "honest ends come to a session")
        precondition(initiator.streamMuxer == self.muxer)
        for side in 0...1 { precondition(self.opened[side] == self.sealed[1 - side].count, "every message is opened") }
    }
}
