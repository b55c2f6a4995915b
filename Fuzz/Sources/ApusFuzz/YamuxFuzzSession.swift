import Bytes
import Yamux

/// Runs a script against a Yamux session with small limits, beside an account of what each stream may do.
///
/// A byte of the script says what happens next, those behind it with what: a frame of the peer with or without its
/// payload and cut anywhere, raw bytes, an operation of the application, frames that leave, or time that passes.
struct YamuxFuzzSession: ~Copyable {
    private struct Account {
        /// Bytes that came in and that the reader has not taken.
        var unread = 0
        /// Bytes that were offered and have not left.
        var offered = 0
        var isEnded = false
    }

    /// The payload of the peer's frames: as long as the largest window. Where it is not taken as payload, it is no header: of
    /// zeros an execution would read tens of thousands.
    private static let payload = Bytes([UInt8](repeating: 0xff, count: 1 << 20))

    private var session: YamuxSession
    private var script: BytesReader
    private var now = Instant.zero
    /// Every stream that there was, so that operations also meet streams that are gone.
    private var streams: [YamuxStreamID] = []
    private var accounts: [YamuxStreamID: Account] = [:]

    init(_ role: YamuxSession.Role, script: Bytes) {
        var configuration = YamuxConfiguration()
        configuration.maximumStreams = 8
        configuration.acceptBacklog = 4
        configuration.maximumUnansweredFrames = 16
        configuration.maximumIdleFrames = 64
        configuration.maximumWindow = 1 << 20
        configuration.keepAliveInterval = .seconds(5)
        configuration.keepAliveTimeout = .seconds(2)
        configuration.lingerTimeout = .seconds(1)
        self.session = YamuxSession(role: role, configuration: configuration, now: .zero)
        self.script = BytesReader(script)
        _ = Self.payload
    }

    mutating func run() {
        do {
            while let step = try? self.script.readUInt8() {
                try self.perform(step)
                precondition(self.session.streamCount <= 8, "no more streams than the configuration allows")
                precondition(self.session.openStreams.count == self.session.streamCount)
            }
        } catch {
            _ = error.description
            self.session.goAway(error.goAwayCode)
        }
        for id in self.session.openStreams { self.session.reset(id) }
        self.drain()
        precondition(self.session.streamCount == 0, "a reset ends every stream once it is sent")
    }

    private mutating func perform(_ step: UInt8) throws(YamuxError) {
        switch step & 15 {
        case 0, 1: try self.receiveFrame(withPayload: step & 16 != 0, cut: Int(step >> 5))
        case 2:
            let count = min(Int(self.byte()), self.script.remaining)
            try self.receive((try? self.script.readBytes(count)) ?? Bytes())
        case 3: self.openStream()
        case 4: self.offerOutput()
        case 5: self.closeWrite()
        case 6: if let id = self.stream() { self.session.reset(id, code: UInt32(self.byte())) }
        case 7: if let id = self.stream() { self.session.stopReading(id, now: self.now) }
        case 8: self.consume()
        case 9: if let id = self.stream() { self.session.growWindow(id, by: self.number() << 8) }
        case 10: self.session.goAway(self.byte() & 1 == 0 ? .normal : .protocolError)
        case 11: self.sendFrame(maximumPayload: self.number())
        case 12:
            self.now = self.now + .milliseconds(100 * Int(self.byte()))
            _ = try self.session.handleDeadline(now: self.now)
        case 13: self.drain()
        case 14: try self.receive(Self.payload[0..<self.number()])
        default:
            guard let deadline = self.session.nextDeadline else { return }
            self.now = max(self.now, deadline)
            _ = try self.session.handleDeadline(now: self.now)
        }
    }

    // MARK: The peer

    private mutating func receiveFrame(withPayload: Bool, cut: Int) throws(YamuxError) {
        guard let type = YamuxHeader.FrameType(rawValue: self.byte() & 3) else { return }
        let flags = YamuxHeader.Flags(rawValue: UInt16(self.byte()))
        let number = UInt32(self.byte())
        let value = UInt32(self.number()) << (flags.rawValue & 16 == 0 ? 0 : 16)
        let frame = YamuxHeader(type: type, flags: flags, stream: number, value: value).bytes
        try self.receive(frame[0..<cut])
        try self.receive(frame[cut..<frame.count])
        if withPayload, type == .data { try self.receive(Self.payload[0..<min(Int(value), Self.payload.count)]) }
    }

    private mutating func receive(_ bytes: Bytes) throws(YamuxError) {
        var reader = BytesReader(bytes)
        while let event = try self.session.next(&reader, now: self.now) {
            switch event {
            case .opened(let id): self.add(id)
            case .data(let id, let range):
                precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "data is a part of the input")
                self.accounts[id]?.unread += range.count
                let unread = self.accounts[id]?.unread ?? 0
                precondition(unread <= self.session.windowSize(id), "no more comes in than the window allows")
            case .readClosed(let id, let finished): precondition(finished != self.session.isOpen(id))
            case .reset(let id, _): precondition(!self.session.isOpen(id), "a stream that was reset is gone")
            case .accepted, .windowUpdated, .violated, .pong, .goAway: break
            }
        }
        precondition(reader.isAtEnd, "all of the input is used up")
    }

    // MARK: The application

    private mutating func openStream() {
        let canOpen = self.session.canOpenStream
        let id = try? self.session.openStream()
        precondition((id != nil) == canOpen)
        if let id { self.add(id) }
    }

    private mutating func offerOutput() {
        guard let id = self.stream() else { return }
        let count = self.number()
        guard let account = self.accounts[id], !account.isEnded, self.session.isOpen(id) else { return }
        self.session.offerOutput(id, count: count)
        self.accounts[id]?.offered += count
    }

    private mutating func closeWrite() {
        guard let id = self.stream() else { return }
        self.session.closeWrite(id)
        self.accounts[id]?.isEnded = true
    }

    private mutating func consume() {
        guard let id = self.stream() else { return }
        let count = min(self.number(), self.accounts[id]?.unread ?? 0)
        self.accounts[id]?.unread -= count
        let growth = self.session.consumed(id, count: count, now: self.now)
        if growth > 0 { self.session.growWindow(id, by: growth) }
        precondition(self.session.windowSize(id) <= 1 << 20, "no window grows past its limit")
    }

    // MARK: What leaves

    private mutating func drain() {
        while self.sendFrame(maximumPayload: Int(UInt16.max)) {}
        precondition(!self.session.hasOutput, "all that can leave has left")
    }

    @discardableResult
    private mutating func sendFrame(maximumPayload: Int) -> Bool {
        guard let frame = self.session.nextFrame(maximumPayload: maximumPayload) else { return false }
        precondition(frame.payload <= maximumPayload && frame.payload <= self.session.configuration.maximumPayload)
        guard let id = frame.stream else { return true }
        let offered = self.accounts[id]?.offered ?? 0
        precondition(frame.payload <= offered, "no more leaves than was offered")
        self.accounts[id]?.offered -= frame.payload
        precondition(self.session.isOpen(id) != frame.endsStream)
        if frame.payload > 0, self.session.isOpen(id) {
            precondition(
                self.session.sendCredit(id) + offered - frame.payload >= 0, "no more leaves than the peer allows")
        }
        return true
    }

    // MARK: The script

    private mutating func add(_ id: YamuxStreamID) {
        self.streams.append(id)
        self.accounts[id] = Account()
    }

    private mutating func byte() -> UInt8 { (try? self.script.readUInt8()) ?? 0 }

    private mutating func number() -> Int { Int(self.byte()) << 8 | Int(self.byte()) }

    private mutating func stream() -> YamuxStreamID? {
        let index = Int(self.byte())
        return self.streams.isEmpty ? nil : self.streams[index % self.streams.count]
    }
}
