import Bytes

@testable import Yamux

/// One end of a Yamux session: the session, and an account of what its streams may do that it is held against.
final class YamuxFuzzEnd {
    struct Account {
        /// Bytes that came in, and those of them that the reader has not taken.
        var received = 0
        var unread = 0
        /// Bytes that were written, and those of them that have left.
        var offered = 0
        var sent = 0
        var isEnded = false
        /// The reader is gone, or the stream was reset: what comes in need not be all.
        var isBroken = false
    }

    private(set) var session: YamuxSession
    var now = Instant.zero
    /// Every stream that there was, so that operations also meet streams that are gone.
    private var streams: [YamuxStreamID] = []
    private(set) var accounts: [YamuxStreamID: Account] = [:]
    /// All that was written, which is bounded: a script of a few bytes can ask for hundreds of frames.
    private var offered = 0
    private static let mostOffered = 3 * YamuxConfiguration.initialWindow
    /// Nothing was changed on the way, so that what comes in can be held against what the other end sends.
    var peerIsHonest = true

    init(_ role: YamuxSession.Role, _ configuration: YamuxConfiguration) {
        self.session = YamuxSession(role: role, configuration: configuration, now: .zero)
    }

    /// Small limits, so that short scripts reach them; the first byte of a script chooses some.
    static func configuration(_ choice: UInt8) -> YamuxConfiguration {
        var configuration = YamuxConfiguration()
        configuration.maximumStreams = 8
        configuration.acceptBacklog = 4
        configuration.maximumUnansweredFrames = 16
        configuration.maximumIdleFrames = 64
        configuration.maximumWindow = choice & 1 == 0 ? 1 << 20 : 0
        configuration.keepAliveInterval = choice & 2 == 0 ? .seconds(5) : nil
        configuration.keepAliveTimeout = .seconds(2)
        configuration.lingerTimeout = .seconds(1)
        if choice & 4 != 0 { configuration.maximumPayload = 2_000 }
        return configuration
    }

    private static func pattern(_ id: YamuxStreamID, fromDialer: Bool) -> Int {
        Int(id.number) << 1 | (fromDialer ? 1 : 0)
    }

    // MARK: What comes in

    func receive(_ bytes: Bytes) throws(YamuxError) {
        var reader = BytesReader(bytes)
        var (open, position) = (self.session.streamCount, 0)
        while let event = try self.session.next(&reader, now: self.now) {
            precondition(reader.position >= position, "the input is read forwards")
            position = reader.position
            open += self.note(event, bytes)
            precondition(self.session.streamCount == open, "an event ends its own stream and no other")
        }
        precondition(reader.isAtEnd, "all of the input is used up")
    }

    /// Returns by how many the streams became more or fewer.
    private func note(_ event: YamuxSession.Event, _ bytes: Bytes) -> Int {
        switch event {
        case .opened(let id):
            self.add(id)
            return 1
        case .data(let id, let range):
            precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "data is a part of the input")
            self.receive(bytes[range], id)
            return 0
        case .readClosed(let id, let finished):
            precondition(finished != self.session.isOpen(id))
            return finished ? -1 : 0
        case .reset(let id, _):
            precondition(!self.session.isOpen(id), "a stream that was reset is gone")
            self.accounts[id]?.isBroken = true
            return -1
        case .violated(let id):
            precondition(!self.peerIsHonest, "an honest end breaks no rule")
            precondition(self.session.isOpen(id), "the stream's reset has yet to be sent")
            self.accounts[id]?.isBroken = true
            return 0
        case .accepted, .windowUpdated, .pong, .goAway: return 0
        }
    }

    private func receive(_ bytes: Bytes, _ id: YamuxStreamID) {
        guard var account = self.accounts[id] else { preconditionFailure("data of a stream that was never opened") }
        precondition(!account.isBroken, "no data comes for a reader that is gone")
        let pattern = Self.pattern(id, fromDialer: self.session.role == .listener)
        precondition(
            !self.peerIsHonest || FuzzPattern.matches(bytes, pattern, offset: account.received),
            "bytes arrive as they were written")
        account.received += bytes.count
        account.unread += bytes.count
        precondition(account.unread <= self.session.windowSize(id), "no more comes in than the window allows")
        self.accounts[id] = account
    }

    // MARK: What the application does

    /// One operation, of the 11 that `step` chooses from.
    func perform(_ step: Int, _ script: inout FuzzScript) {
        switch step {
        case 0: self.openStream()
        case 1: self.offerOutput(&script)
        case 2: if let id = self.stream(&script) { self.closeWrite(id) }
        case 3: if let id = self.stream(&script) { self.reset(id, code: UInt32(script.byte())) }
        case 4: if let id = self.stream(&script) { self.stopReading(id) }
        case 5: if let id = self.stream(&script) { self.consume(id, script.number() << 2, grows: true) }
        case 6: if let id = self.stream(&script) { self.consume(id, .max, grows: script.byte() & 1 == 0) }
        case 7: if let id = self.stream(&script) { self.session.growWindow(id, by: script.number() << 8) }
        case 8 where script.byte() & 15 == 0: self.session.goAway(script.byte() & 1 == 0 ? .normal : .protocolError)
        default: break
        }
    }

    private func add(_ id: YamuxStreamID) {
        precondition(self.accounts[id] == nil, "no two streams have the same name")
        self.streams.append(id)
        self.accounts[id] = Account()
    }

    private func stream(_ script: inout FuzzScript) -> YamuxStreamID? {
        let index = Int(script.byte())
        return self.streams.isEmpty ? nil : self.streams[index % self.streams.count]
    }

    private func openStream() {
        let canOpen = self.session.canOpenStream
        let id = try? self.session.openStream()
        precondition((id != nil) == canOpen)
        if let id { self.add(id) }
    }

    private func offerOutput(_ script: inout FuzzScript) {
        guard let id = self.stream(&script) else { return }
        let size = script.byte()
        // Mostly little, now and then more than a window.
        let count = size < 240 ? Int(size) : Int(size - 239) << 14
        guard let account = self.accounts[id], !account.isEnded, self.session.isOpen(id) else { return }
        guard self.offered + count <= Self.mostOffered else { return }
        self.offered += count
        self.session.offerOutput(id, count: count)
        self.accounts[id]?.offered += count
    }

    private func closeWrite(_ id: YamuxStreamID) {
        self.session.closeWrite(id)
        self.accounts[id]?.isEnded = true
    }

    private func reset(_ id: YamuxStreamID, code: UInt32) {
        self.session.reset(id, code: code)
        self.accounts[id]?.isBroken = true
    }

    private func stopReading(_ id: YamuxStreamID) {
        self.session.stopReading(id, now: self.now)
        self.accounts[id]?.isBroken = true
    }

    private func consume(_ id: YamuxStreamID, _ most: Int, grows: Bool) {
        let count = min(self.accounts[id]?.unread ?? 0, most)
        self.accounts[id]?.unread -= count
        let growth = self.session.consumed(id, count: count, now: self.now)
        if growth > 0, grows { self.session.growWindow(id, by: growth) }
    }

    /// Says why the session ends.
    func fail(_ error: YamuxError) {
        _ = error.description
        switch error {
        case .keepAliveTimeout, .tooManyUnansweredFrames, .tooManyIdleFrames: break
        default: precondition(!self.peerIsHonest, "an honest end makes no error: \(error)")
        }
        self.check()
        self.session.goAway(error.goAwayCode)
        precondition(self.session.localGoAway != nil, "the session says why it ends")
    }

    /// Ends every stream; what is left to say is lost.
    func end() {
        for id in self.session.openStreams { self.reset(id, code: 0) }
        while self.sendFrame(maximumPayload: .max, { _ in }) {}
        precondition(self.isIdle, "a reset ends every stream once it is sent")
    }

    /// Lets time pass, and acts on the deadline where it has come.
    func advance(by duration: Duration) throws(YamuxError) {
        self.now = self.now + duration
        guard let deadline = self.session.nextDeadline, deadline <= self.now else { return }
        for id in try self.session.handleDeadline(now: self.now) { self.accounts[id]?.isBroken = true }
    }

    /// Writes no more and reads all that came, on every stream.
    func finishStreams() {
        for id in self.session.openStreams {
            self.closeWrite(id)
            self.consume(id, .max, grows: true)
        }
    }

    // MARK: What leaves

    /// Sends the next frame; false where there is none.
    func sendFrame(maximumPayload: Int, _ send: (_ append: (inout [UInt8]) -> Void) -> Void) -> Bool {
        guard let frame = self.session.nextFrame(maximumPayload: maximumPayload) else {
            precondition(maximumPayload == 0 || !self.session.hasOutput, "all that can leave has left")
            return false
        }
        precondition(frame.payload <= maximumPayload && frame.payload <= self.session.configuration.maximumPayload)
        guard let id = frame.stream else {
            send { $0.append(frame.header.bytes) }
            return true
        }
        let account = self.accounts[id] ?? Account()
        precondition(account.sent + frame.payload <= account.offered, "no more leaves than was offered")
        precondition(self.session.isOpen(id) != frame.endsStream)
        if frame.payload > 0, self.session.isOpen(id) {
            let waiting = account.offered - account.sent - frame.payload
            precondition(self.session.sendCredit(id) + waiting >= 0, "no more leaves than the peer allows")
        }
        let pattern = Self.pattern(id, fromDialer: self.session.role == .dialer)
        send { bytes in
            bytes.append(frame.header.bytes)
            FuzzPattern.append(pattern, offset: account.sent, count: frame.payload, to: &bytes)
        }
        self.accounts[id]?.sent += frame.payload
        return true
    }

    // MARK: What must hold between any two steps

    func check() {
        let limits = self.session.configuration
        precondition(self.session.streamCount <= limits.maximumStreams, "no more streams than the configuration allows")
        precondition(self.session.streams.capacity <= limits.maximumStreams, "the table is as large as it may be")
        precondition(
            self.session.sessionFrames.count <= limits.maximumUnansweredFrames + 3,
            "answers, a ping and two times GoAway wait at most")
        var (inbound, outbound) = (0, 0)
        for slot in 0..<self.session.streams.capacity {
            guard let id = self.session.streams.id(inSlot: slot) else { continue }
            let stream = self.session.streams[id]
            precondition(stream.receive.size <= limits.windowLimit, "no window grows past its limit")
            precondition(stream.receive.credit >= 0 && stream.receive.consumed >= 0)
            precondition(stream.receive.credit + stream.receive.consumed <= stream.receive.size)
            precondition(stream.sendWindow >= 0 && stream.sendWindow <= Int(UInt32.max))
            precondition(
                !stream.hasSomethingToSend || self.session.ready.contains(slot), "a stream stands outside the line")
            if !stream.acknowledged {
                if self.session.isLocal(id.number) { outbound += 1 } else { inbound += 1 }
            }
        }
        precondition(inbound == self.session.unacknowledgedInbound && outbound == self.session.unacknowledgedOutbound)
        precondition(inbound <= limits.acceptBacklog && outbound <= limits.acceptBacklog, "the backlog has its limit")
    }

    /// What was read of each stream is what the other end has written, unless either broke the stream off.
    func checkStreams(with peer: YamuxFuzzEnd) {
        var written: [UInt32: Account] = [:]
        for (id, account) in peer.accounts { written[id.number] = account }
        for (id, account) in self.accounts {
            // A stream that was broken off before its first frame is not known to the other end.
            guard let other = written[id.number] else {
                precondition(account.isBroken && account.received == 0, "a stream has two ends")
                continue
            }
            precondition(account.received <= other.sent, "nothing comes from nowhere")
            if !account.isBroken, !other.isBroken {
                precondition(account.received == other.offered, "all that was written arrives")
            }
        }
    }

    var isIdle: Bool { self.session.streamCount == 0 && !self.session.hasOutput }
    var hasOutput: Bool { self.session.hasOutput }
}
