import Bytes
import MultistreamSelect

extension FuzzTarget {
    /// The input as a script for both sides of a negotiation and the way between them.
    static let multistreamSession = FuzzTarget(name: "multistream-session", memory: 1 << 20) { input in
        var run = MultistreamSessionRun(input)
        run.perform()
    } seeds: {
        // What is proposed and offered, and then the steps of `MultistreamSessionRun`.
        let (speak, arrive): ([UInt8], [UInt8]) = ([0, 128], [1, 255, 129, 255])
        let whole = speak + arrive + speak + arrive + speak + arrive
        let pieces: [UInt8] = (0..<12).flatMap { _ in [0, 129, 7, 128, 1, 5] }
        // A dialer that proposes, or asks for the list, without an end.
        let endless: [[UInt8]] = [3, 0].map { (message: UInt8) in
            [0b001, 0b010, 135, 2] + (0..<160).flatMap { _ in [135, message] } + [
                129, 255, 129, 255, 129, 255, 128, 1, 255,
            ]
        }
        let honest = [
            [0b001, 0b111] + whole, [0b110, 0b100] + whole, [0b111, 0b100] + pieces, [0b1_0010, 0b001] + whole,
        ]
        return (endless + honest).map { Bytes($0) }
            + [[2, 0, 0, 3, 32], [2, 1, 0, 0, 4], [2, 2, 0, 0, 20], [130, 4, 0, 0, 4, 3, 110, 97, 10]].map {
                Bytes([0b011, 0b010, 0] + $0 + whole)
            }
    }
}

/// A dialer and a listener whose messages are cut, and perhaps changed, on their way.
///
/// The first two bytes of the script choose what is proposed and what is offered. Then each byte is a step, whose highest
/// bit says which side takes it. Where nothing was changed, both agree on the first proposal that is offered, or both
/// know that there is none; what follows the negotiation is left alone.
struct MultistreamSessionRun {
    private static let names = [
        "/noise", "/yamux/1.0.0", "/ipfs/ping/1.0.0", "/" + String(repeating: "x", count: 1_000),
    ]
    private var script: FuzzScript
    private let proposals: [String]
    private let offered: [String]
    private let sendsEarly: Bool
    private var dialer: MultistreamDialer?
    private var listener = MultistreamListener()
    /// To the dialer and to the listener.
    private var wires = [FuzzWire(limit: 32 * 1024), FuzzWire(limit: 32 * 1024)]
    private var agreed: [String?] = [nil, nil]
    private var errors: [MultistreamError?] = [nil, nil]
    private var spoken = 0
    /// The most that the listener may say: a header, every refusal and listing, and an answer.
    private let largestOutput: Int
    private var dialerSaidAll = false
    /// What stands behind the negotiation: data of the protocol.
    private var rest: [[UInt8]] = [[], []]
    private static let early = Array("early data".utf8)

    init(_ input: Bytes) {
        self.script = FuzzScript(input)
        let (proposed, offered) = (self.script.byte(), self.script.byte())
        let proposals = Self.chosen(proposed)
        self.proposals = proposals.isEmpty ? ["/noise"] : proposals
        self.offered = Self.chosen(offered)
        let listing = min(self.offered.reduce(4) { $0 + $1.utf8.count + 4 }, MultistreamLimits.messageSize + 2)
        self.largestOutput =
            20 + 4 * MultistreamLimits.refusedProposals + (MultistreamLimits.listings + 1) * listing
        self.sendsEarly = proposed & 16 != 0
        self.dialer = try? MultistreamDialer(protocols: self.proposals)
        precondition(self.dialer != nil, "the names can be proposed")
    }

    private static func chosen(_ choice: UInt8) -> [String] {
        self.names.indices.filter { choice & (1 << $0) != 0 }.map { self.names[$0] }
    }

    private var isDamaged: Bool { self.wires[0].isDamaged || self.wires[1].isDamaged }

    mutating func perform() {
        while !self.script.isAtEnd {
            let step = self.script.byte()
            let side = Int(step >> 7)
            switch step & 3 {
            case 0: self.speak(side)
            case 1: self.deliver(to: side, Int(self.script.byte()))
            case 2: self.wires[side].damage(&self.script)
            default: if step & 4 != 0 { self.wires[side].inject(Self.message(&self.script)) }
            }
        }
        for _ in 0...self.proposals.count + 1 {
            for side in 0...1 {
                self.speak(side)
                self.deliver(to: 1 - side, .max)
            }
        }
        if !self.isDamaged { self.checkOutcome() }
        _ = self.dialer?.errorAtEndOfInput.description
        _ = self.listener.errorAtEndOfInput.description
    }

    /// A message that follows the rules of its form.
    private static func message(_ script: inout FuzzScript) -> Bytes {
        let choice = script.byte()
        var writer = BytesWriter()
        let texts = ["ls", "na", "/multistream/1.0.0", ""] + self.names
        let text = Int(choice) < texts.count ? Array(texts[Int(choice)].utf8) : Array(script.take(Int(choice & 63)))
        writer.writeLengthPrefixed(text + [UInt8(ascii: "\n")])
        return writer.finish()
    }

    private mutating func speak(_ side: Int) {
        if side == 0 {
            if let output = self.dialer?.nextOutput() { self.wires[1].send(output) }
            guard self.sendsEarly, !self.dialerSaidAll, self.dialer?.onlyProposalLeft != nil else { return }
            self.dialerSaidAll = true
            self.wires[1].send(Bytes(Self.early))
        } else if let output = self.listener.nextOutput() {
            self.spoken += output.count
            precondition(self.spoken <= self.largestOutput, "a listener does not answer without an end")
            self.wires[0].send(output)
        }
    }

    private mutating func deliver(to side: Int, _ count: Int) {
        let bytes = self.wires[side].deliver(count)
        guard self.errors[side] == nil else { return }
        var reader = BytesReader(bytes)
        let isOver = self.agreed[side] != nil
        do {
            if side == 0 {
                self.agreed[0] = try self.dialer?.receive(&reader)
            } else {
                self.agreed[1] = try self.listener.receive(&reader) {
                    self.offered.contains($0)
                } list: {
                    self.offered
                }
            }
            precondition(!isOver || reader.position == 0, "no byte behind the negotiation is read")
            precondition(self.agreed[side] != nil || reader.isAtEnd, "all of the input is used up")
            if self.agreed[side] != nil, self.rest[side].count < 256 { self.rest[side].append(reader.readRest()) }
        } catch {
            _ = error.description
            self.errors[side] = error
            precondition(self.agreed[side] == nil, "what was agreed on stays agreed on")
        }
        if side == 0, let name = self.agreed[0] {
            precondition(self.proposals.contains(name), "only a proposal is agreed on")
        }
        if side == 1, let name = self.agreed[1] {
            precondition(self.offered.contains(name), "only what is offered is agreed on")
        }
    }

    private func checkOutcome() {
        if let common = self.proposals.first(where: self.offered.contains) {
            precondition(self.agreed == [common, common], "both agree on the first proposal that is offered")
            precondition(!self.dialerSaidAll || self.rest[1] == Self.early, "early data is the protocol's")
        } else {
            precondition(self.agreed == [nil, nil])
            precondition(self.errors[0] == .refused(proposals: self.proposals), "the dialer knows that it is refused")
        }
    }
}
