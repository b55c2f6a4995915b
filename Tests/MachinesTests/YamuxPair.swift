import Bytes
import TestSupport
import Testing

@testable import Yamux

/// What a session reported, with stream numbers for ids and bytes for ranges, so that runs can be compared.
enum YamuxHeard: Hashable {
    case opened(UInt32)
    case accepted(UInt32)
    case data(UInt32, [UInt8])
    case readClosed(UInt32, finished: Bool)
    case reset(UInt32, code: UInt32)
    case windowUpdated(UInt32)
    case violated(UInt32)
    case pong(Duration)
    case goAway(YamuxGoAwayCode)

    /// An event other than data.
    init(_ event: YamuxSession.Event) {
        switch event {
        case .opened(let id): self = .opened(id.number)
        case .accepted(let id): self = .accepted(id.number)
        case .data(let id, _): self = .data(id.number, [])
        case .readClosed(let id, let finished): self = .readClosed(id.number, finished: finished)
        case .reset(let id, let code): self = .reset(id.number, code: code)
        case .windowUpdated(let id): self = .windowUpdated(id.number)
        case .violated(let id): self = .violated(id.number)
        case .pong(let elapsed): self = .pong(elapsed)
        case .goAway(let code): self = .goAway(code)
        }
    }

    /// The stream that it tells of; nil for the session.
    var stream: UInt32? {
        switch self {
        case .opened(let number), .accepted(let number), .data(let number, _), .readClosed(let number, _),
            .reset(let number, _), .windowUpdated(let number), .violated(let number):
            number
        case .pong, .goAway: nil
        }
    }
}

/// One side of a connection in memory: a session, and the payload that its application holds.
final class YamuxEnd {
    var session: YamuxSession
    var now = Instant.zero
    private var settled: [YamuxHeard] = []
    private var payload: (stream: UInt32, bytes: [UInt8])?
    /// Called with each event before the session is asked for the next one.
    var onEvent: ((YamuxEnd, YamuxSession.Event) -> Void)?
    private var output: [YamuxStreamID: (bytes: [UInt8], sent: Int)] = [:]

    init(_ role: YamuxSession.Role, _ configuration: YamuxConfiguration = .quiet) {
        self.session = YamuxSession(role: role, configuration: configuration, now: .zero)
    }

    /// Hands the session one piece of the byte stream.
    func receive(_ bytes: [UInt8]) throws(YamuxError) {
        var reader = BytesReader(Bytes(bytes))
        while let event = try self.session.next(&reader, now: self.now) {
            self.note(event, bytes)
            self.onEvent?(self, event)
        }
    }

    /// Everything that was reported, pieces of data joined that follow each other on one stream.
    var heard: [YamuxHeard] { self.settled + (self.payload.map { [.data($0.stream, $0.bytes)] } ?? []) }

    private func note(_ event: YamuxSession.Event, _ bytes: [UInt8]) {
        if case .data(let id, let range) = event, self.payload?.stream == id.number {
            self.payload?.bytes += bytes[range]
            return
        }
        if let payload = self.payload { self.settled.append(.data(payload.stream, payload.bytes)) }
        self.payload = nil
        if case .data(let id, let range) = event {
            self.payload = (id.number, Array(bytes[range]))
        } else {
            self.settled.append(YamuxHeard(event))
        }
    }

    func takeHeard() -> [YamuxHeard] {
        defer { (self.settled, self.payload) = ([], nil) }
        return self.heard
    }

    // What an expectation asks for: it cannot take a session, which is not copyable, apart.
    var streamCount: Int { self.session.streamCount }
    var canOpenStream: Bool { self.session.canOpenStream }
    var hasOutput: Bool { self.session.hasOutput }
    func isOpen(_ id: YamuxStreamID) -> Bool { self.session.isOpen(id) }

    /// What must hold between any two calls.
    func checkInvariants(_ location: SourceLocation = #_sourceLocation) {
        let ids = self.session.openStreams
        var (inbound, outbound, slots) = (0, 0, Set<Int>())
        for id in ids {
            let stream = self.session.streams[id]
            let ready = self.session.ready.contains(id.slot)
            #expect(ready || !stream.hasSomethingToSend, "a stream stands outside the line", sourceLocation: location)
            if self.session.lingering.contains(id.slot) {
                #expect(stream.discards && !stream.finishReceived, sourceLocation: location)
            }
            if !stream.acknowledged, self.session.isLocal(id.number) { outbound += 1 }
            if !stream.acknowledged, !self.session.isLocal(id.number) { inbound += 1 }
            slots.insert(id.slot)
            #expect(stream.receive.credit + stream.receive.consumed <= stream.receive.size, sourceLocation: location)
        }
        #expect(slots.count == ids.count && ids.count == self.streamCount, sourceLocation: location)
        #expect(self.session.unacknowledgedInbound == inbound, sourceLocation: location)
        #expect(self.session.unacknowledgedOutbound == outbound, sourceLocation: location)
    }

    /// The open stream of this number.
    func id(_ number: UInt32) -> YamuxStreamID? {
        self.session.openStreams.first { $0.number == number }
    }

    func write(_ id: YamuxStreamID, _ bytes: [UInt8]) {
        self.output[id, default: ([], 0)].bytes += bytes
        self.session.offerOutput(id, count: bytes.count)
    }

    /// The next frame with the payload that follows it.
    func nextFrame(maximumPayload: Int = .max) -> (frame: YamuxSession.OutboundFrame, wire: [UInt8])? {
        guard let frame = self.session.nextFrame(maximumPayload: maximumPayload) else { return nil }
        var wire = Array(frame.header.bytes)
        if frame.payload > 0, let id = frame.stream, let held = self.output[id] {
            wire += held.bytes[held.sent..<held.sent + frame.payload]
            let sent = held.sent + frame.payload
            self.output[id] = sent == held.bytes.count ? nil : (held.bytes, sent)
        }
        if frame.endsStream, let id = frame.stream { self.output[id] = nil }
        return (frame, wire)
    }

    /// The headers of all that there is to send; the payload is dropped.
    @discardableResult
    func sendAll() -> [YamuxHeader] {
        var headers: [YamuxHeader] = []
        while let (frame, _) = self.nextFrame() { headers.append(frame.header) }
        return headers
    }

    /// All that there is to send, as bytes.
    func sendAllBytes() -> [UInt8] {
        var wire: [UInt8] = []
        while let (_, bytes) = self.nextFrame() { wire += bytes }
        return wire
    }
}

/// Two ends whose bytes reach each other when told to.
struct YamuxPair {
    let dialer: YamuxEnd
    let listener: YamuxEnd

    init(_ configuration: YamuxConfiguration = .quiet) {
        self.dialer = YamuxEnd(.dialer, configuration)
        self.listener = YamuxEnd(.listener, configuration)
    }

    /// Moves bytes both ways until neither side has any, `cut` bytes at a time.
    func settle(cut: Int = .max) throws(YamuxError) {
        while self.dialer.session.hasOutput || self.listener.session.hasOutput {
            try Self.deliver(self.dialer.sendAllBytes(), to: self.listener, cut: cut)
            try Self.deliver(self.listener.sendAllBytes(), to: self.dialer, cut: cut)
        }
    }

    static func deliver(_ bytes: [UInt8], to end: YamuxEnd, cut: Int) throws(YamuxError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try end.receive(Array(rest.prefix(cut)))
            rest = rest.dropFirst(cut)
        }
    }

    func advance(by duration: Duration) {
        self.dialer.now = self.dialer.now + duration
        self.listener.now = self.listener.now + duration
    }
}

extension YamuxConfiguration {
    /// Without keep-alive, so that nothing is sent that a test did not ask for.
    static var quiet: YamuxConfiguration {
        var configuration = YamuxConfiguration()
        configuration.keepAliveInterval = nil
        return configuration
    }
}

extension YamuxHeader {
    static func data(_ stream: UInt32, _ flags: Flags = [], _ length: UInt32 = 0) -> YamuxHeader {
        YamuxHeader(type: .data, flags: flags, stream: stream, value: length)
    }

    static func window(_ stream: UInt32, _ flags: Flags = [], _ delta: UInt32 = 0) -> YamuxHeader {
        YamuxHeader(type: .windowUpdate, flags: flags, stream: stream, value: delta)
    }

    static func ping(_ value: UInt32, _ flags: Flags = .syn) -> YamuxHeader {
        YamuxHeader(type: .ping, flags: flags, value: value)
    }

    /// The header with `count` bytes of payload, whatever its length field says.
    func with(payload count: Int, of byte: UInt8 = 7) -> [UInt8] {
        self.wire + [UInt8](repeating: byte, count: count)
    }

    var wire: [UInt8] { Array(self.bytes) }
}

extension SeededGenerator {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
