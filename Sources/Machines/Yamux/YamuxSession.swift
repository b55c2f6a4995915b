public import Bytes

/// One side of a Yamux session: it is fed the bytes that come in and asked for events and for frames to send.
///
/// The session holds no payload. Data that comes in is reported as a range of the input; of data to go out it knows only
/// how many bytes wait, and says which stream may send how many next. Follows the libp2p Yamux specification.
public struct YamuxSession: ~Copyable {
    public enum Role: Sendable {
        /// Begins streams with odd numbers.
        case dialer
        /// Begins streams with even numbers.
        case listener
    }

    public let role: Role
    public let configuration: YamuxConfiguration

    var streams = YamuxStreamTable()
    var nextNumber: UInt32
    /// Streams with something to send, served round robin.
    var ready = SlotQueue()
    /// Frames that belong to no stream: pings, pongs, GoAway and resets of refused streams.
    var sessionFrames = RingQueue<YamuxHeader>()

    var frame = YamuxFrameAssembly()
    var unacknowledgedOutbound = 0
    /// How many streams of the peer's were refused because it has as many as it may.
    public internal(set) var refusedStreams = 0
    var unacknowledgedInbound = 0
    var localGoAway: YamuxGoAwayCode?
    public internal(set) var remoteGoAway: YamuxGoAwayCode?
    var liveness: YamuxLiveness
    var idleFrames: YamuxIdleFrames
    /// Streams that nobody reads and that the peer has yet to end, by their deadlines.
    var lingering = SlotQueue()

    public init(role: Role, configuration: YamuxConfiguration = .init(), now: Instant) {
        precondition(configuration.maximumPayload > 0, "frames need room for a payload")
        precondition(configuration.lingerTimeout > .zero, "a peer needs time to end a stream")
        self.role = role
        self.configuration = configuration
        self.nextNumber = role == .dialer ? 1 : 2
        self.liveness = YamuxLiveness(configuration: configuration, now: now)
        self.idleFrames = YamuxIdleFrames(burst: configuration.maximumIdleFrames)
    }

    /// How many streams are open, in either direction, half or whole.
    public var streamCount: Int { self.streams.count }

    /// The smallest round trip that a ping measured so far.
    public var roundTrip: Duration? { self.liveness.roundTrip }

    /// The open streams, for closing them all.
    public var openStreams: [YamuxStreamID] { self.streams.all }

    /// Whether the stream is not gone yet: both halves have not ended, or its reset has yet to be sent.
    public func isOpen(_ id: YamuxStreamID) -> Bool { self.streams.contains(id) }

    /// How many more bytes than those already waiting the peer would let us send on the stream now; it can be negative.
    ///
    /// It is 0 for a stream that was reset or is gone.
    public func sendCredit(_ id: YamuxStreamID) -> Int {
        guard self.streams.contains(id), self.streams[id].resetPending == nil else { return 0 }
        return self.streams[id].sendWindow - self.streams[id].pendingOutput
    }

    /// Whether `openStream` would succeed.
    public var canOpenStream: Bool { self.refusalToOpen == nil }

    private var refusalToOpen: YamuxError? {
        guard self.remoteGoAway == nil, self.localGoAway == nil else { return .goingAway }
        guard self.streams.count < self.configuration.maximumStreams, self.nextNumber <= UInt32.max - 2 else {
            return .tooManyStreams
        }
        return self.unacknowledgedOutbound < self.configuration.acceptBacklog ? nil : .tooManyUnacknowledgedStreams
    }

    /// Begins a stream. The peer learns of it with the stream's first frame.
    ///
    /// Throws `goingAway`, `tooManyStreams` or `tooManyUnacknowledgedStreams`.
    public mutating func openStream() throws(YamuxError) -> YamuxStreamID {
        if let refusal = self.refusalToOpen { throw refusal }
        let number = self.nextNumber
        self.nextNumber += 2
        let id = self.streams.insert(.begun(number: number))
        self.unacknowledgedOutbound += 1
        self.enqueue(id)
        return id
    }

    /// Notes that `count` more bytes of the stream's output wait for frames; a stream that was reset takes none.
    public mutating func offerOutput(_ id: YamuxStreamID, count: Int) {
        guard count > 0, self.streams.contains(id), self.streams[id].resetPending == nil else { return }
        let ended = self.streams[id].finishPending || self.streams[id].finishSent
        precondition(!ended, "output after the end of a stream")
        self.streams[id].pendingOutput += count
        self.enqueue(id)
    }

    /// Ends our half of the stream once its waiting output is sent.
    public mutating func closeWrite(_ id: YamuxStreamID) {
        guard self.streams.contains(id), !self.streams[id].finishSent, !self.streams[id].finishPending else { return }
        self.streams[id].finishPending = true
        self.enqueue(id)
    }

    /// Ends the stream at once in both directions; its waiting output is dropped. The peer is told `code`.
    ///
    /// No event of the stream follows. It is gone with the frame that tells the peer, or at once where the peer was not
    /// told of the stream yet: `isOpen` says which.
    public mutating func reset(_ id: YamuxStreamID, code: UInt32 = 0) {
        guard self.streams.contains(id), self.streams[id].resetPending == nil else { return }
        if self.streams[id].beginPending {
            self.remove(id)
        } else {
            self.streams[id].resetPending = code
            self.streams[id].discards = true
            self.streams[id].pendingOutput = 0
            self.lingering.remove(id.slot)
            self.enqueue(id)
        }
    }

    /// Throws away what still comes in on the stream. Once our half is closed too, the peer has the linger time to read
    /// more of it, and again to end its own, before the stream is reset.
    public mutating func stopReading(_ id: YamuxStreamID, now: Instant) {
        guard self.streams.contains(id), !self.streams[id].discards else { return }
        self.streams[id].discards = true
        if !self.streams[id].finishReceived { self.linger(id, now: now) }
    }

    /// Notes that the reader took `count` bytes, and returns by how much the window should grow, or, below 0, by how much
    /// it has become smaller.
    ///
    /// A peer gets no more window for a stream that nobody reads or that it has ended.
    /// Whoever is asked for memory decides and answers with `growWindow`; nothing happens without it.
    public mutating func consumed(_ id: YamuxStreamID, count: Int, now: Instant) -> Int {
        guard self.streams.contains(id), !self.streams[id].discards else { return 0 }
        guard self.streams[id].receive.consume(count), !self.streams[id].finishReceived else { return 0 }
        let (credit, change) = self.streams[id].receive.grant(
            now: now, roundTrip: self.liveness.roundTrip, maximum: self.configuration.windowLimit)
        self.streams[id].windowDelta += credit
        self.enqueue(id)
        return change
    }

    /// Makes the stream's receive window larger by `count` bytes, as far as its maximum allows.
    public mutating func growWindow(_ id: YamuxStreamID, by count: Int) {
        guard count > 0, self.streams.contains(id) else { return }
        let growth = min(count, self.configuration.windowLimit - self.streams[id].receive.size)
        guard growth > 0 else { return }
        self.streams[id].receive.grow(by: growth)
        self.streams[id].windowDelta += growth
        self.enqueue(id)
    }

    /// The size of the stream's receive window in bytes, 0 for a stream that is gone.
    public func windowSize(_ id: YamuxStreamID) -> Int {
        self.streams.contains(id) ? self.streams[id].receive.size : 0
    }

    /// Says GoAway: from now on neither side opens streams; those that are open go on.
    ///
    /// The frame goes out before any waiting data, and Go, Rust and JavaScript peers end every stream when they read it:
    /// let the streams finish first. An error can follow a normal GoAway; anything else is said once.
    public mutating func goAway(_ code: YamuxGoAwayCode) {
        guard self.localGoAway == nil || (self.localGoAway == .normal && code != .normal) else { return }
        self.localGoAway = code
        self.sessionFrames.append(YamuxHeader(type: .goAway, value: code.rawValue))
    }

    mutating func enqueue(_ id: YamuxStreamID) {
        guard self.streams[id].hasSomethingToSend else { return }
        self.ready.append(id.slot)
    }

    mutating func remove(_ id: YamuxStreamID) {
        guard self.streams.contains(id) else { return }
        if !self.streams[id].acknowledged {
            if self.isLocal(id.number) {
                self.unacknowledgedOutbound -= 1
            } else {
                self.unacknowledgedInbound -= 1
            }
        }
        self.ready.remove(id.slot)
        self.lingering.remove(id.slot)
        self.streams.remove(id)
        if self.streams.releaseSlots() {
            self.ready = SlotQueue()
            self.lingering = SlotQueue()
        }
    }

    /// Whether a stream of this number is begun by this side.
    func isLocal(_ number: UInt32) -> Bool {
        (number & 1 == 1) == (self.role == .dialer)
    }
}
