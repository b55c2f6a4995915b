public import Bytes
public import EventLoop

/// A stream as its connection's loop sees it: no locks, no waiting, callbacks in and plain calls out.
///
/// It lives on `loop` and must not leave it. `Stream` is the face for every other thread.
public final class LoopStream {
    /// The connection that carries the stream.
    public let connection: Connection
    /// Who opened the stream.
    public let direction: Direction
    /// The protocol that both sides agreed on; empty until they have.
    public package(set) var protocolID = ""

    package let key: StreamKey
    private let driver: any StreamDriver
    private var handler: (any StreamHandler)?
    /// Agrees on the protocol before the handler gets anything; nil once that is done.
    package var negotiation: (any StreamNegotiation)?
    /// Data that came in while reading was paused.
    private var held = HeldInput()
    private var isDelivering = false
    private var output = OutputQueue()
    private var isAboveHighWater = false

    /// Whether data that comes in is held back.
    public private(set) var isReadingPaused = false
    /// The peer's half has ended, and all of its data was handed out.
    public private(set) var isReadClosed = false
    /// Whether this side's half has ended, or will behind what waits: what is written now is dropped.
    public private(set) var isWriteClosed = false
    /// Why the stream ended, or nil while it is open.
    public private(set) var closeReason: StreamCloseReason?
    private var readCloseIsPending = false
    /// Both halves ended on the wire, while data is still held back here.
    private var finishIsPending = false

    /// The handler says itself when data is consumed, by `consumed(_:)`.
    package var consumesManually = false

    /// More waiting output than this asks the writer to stop, in bytes; `writable` follows at a quarter of it.
    public static let highWaterMark = 256 * 1024

    package init(connection: Connection, direction: Direction, key: StreamKey, driver: any StreamDriver) {
        self.connection = connection
        self.direction = direction
        self.key = key
        self.driver = driver
    }

    /// The loop that the stream lives on.
    public var loop: EventLoop { self.connection.loop }
    /// Whether the stream has ended in both directions.
    public var isClosed: Bool { self.closeReason != nil }
    /// How many written bytes wait to be sent.
    public var waitingOutput: Int { self.output.count }
    /// Whether more should be written now.
    public var isWritable: Bool { !self.isWriteClosed && self.output.count < Self.highWaterMark }

    /// Makes `handler` the one whose callbacks are called from now on.
    ///
    /// It is told of the end also where that was before.
    public func setHandler(_ handler: any StreamHandler) {
        if let reason = self.closeReason { return handler.closed(self, reason) }
        self.handler = handler
    }

    // MARK: Writing

    /// Sends `bytes` behind what waits already: at the end of the tick, as far as the peer's window allows.
    ///
    /// It never waits and takes whatever it is given: who writes much looks at `isWritable`, and goes on at `writable`. On a
    /// stream whose half has ended it does nothing.
    public func write(_ bytes: Bytes) {
        guard !self.isWriteClosed, !bytes.isEmpty else { return }
        self.output.append(bytes)
        self.offered(bytes.count)
    }

    /// Sends a copy of `bytes` behind what waits already.
    public func write(copying bytes: UnsafeRawBufferPointer) {
        guard !self.isWriteClosed, !bytes.isEmpty else { return }
        self.output.appendCopy(bytes)
        self.offered(bytes.count)
    }

    /// Sends what came in, on this stream or another: a large chunk's memory is shared, a small one is copied.
    public func write(_ chunk: borrowing Chunk) {
        guard !self.isWriteClosed else { return }
        self.output.append(chunk)
        self.offered(chunk.count)
    }

    private func offered(_ count: Int) {
        if self.output.count >= Self.highWaterMark { self.isAboveHighWater = true }
        self.driver.streamOffers(self, count: count)
    }

    /// Ends this side's half once everything written is sent.
    public func closeWrite() {
        guard !self.isWriteClosed else { return }
        self.isWriteClosed = true
        self.driver.streamClosesWrite(self)
    }

    /// Ends this side's half, and throws away what the peer still sends.
    public func finish() {
        self.closeWrite()
        guard !self.isClosed else { return }
        self.discardInput()
        if !self.isReadClosed { self.driver.streamStopsReading(self) }
    }

    /// Ends the stream at once in both directions; what waits is dropped. The peer is told `code` where the muxer can.
    public func reset(code: UInt32 = 0) {
        guard !self.isClosed else { return }
        self.driver.streamResets(self, code: code)
        self.close(.resetLocally(code: code))
    }

    /// Ends the stream at once because of what the peer did or did not do on it.
    package func reset(_ reason: StreamCloseReason) {
        guard !self.isClosed else { return }
        self.driver.streamResets(self, code: 0)
        self.close(reason)
    }

    // MARK: Reading

    /// Holds back data that comes in, up to the stream's window, until `resumeReading`.
    public func pauseReading() {
        self.isReadingPaused = true
    }

    /// Hands out what was held back and goes on.
    public func resumeReading() {
        guard self.isReadingPaused else { return }
        self.isReadingPaused = false
        self.deliverHeld()
    }

    private func discardInput() {
        self.held = HeldInput()
        if !(self.handler is DiscardingHandler) { self.handler = DiscardingHandler(replaced: self.handler) }
        self.isReadingPaused = false
        // What stood behind the held data is due now: nothing else would ask for it again.
        self.deliverReadCloseIfDue()
    }

    /// Notes that the reader took `count` bytes of what it was given.
    package func consumed(_ count: Int) {
        guard count > 0, !self.isClosed else { return }
        self.driver.streamConsumed(self, count: count)
    }

    private func deliverHeld() {
        // A handler may pause and resume from within a callback; the outermost call hands everything out in order.
        guard !self.isDelivering else { return }
        self.isDelivering = true
        while !self.isReadingPaused, !self.isClosed, let bytes = self.held.popFirst() {
            bytes.withChunk { self.handOut($0) }
        }
        self.isDelivering = false
        self.deliverReadCloseIfDue()
    }

    private func handOut(_ chunk: borrowing Chunk) {
        self.handler?.received(chunk, on: self)
        if !self.consumesManually { self.consumed(chunk.count) }
    }

    private func deliverReadCloseIfDue() {
        guard self.readCloseIsPending, self.held.isEmpty, !self.isReadingPaused, !self.isDelivering else { return }
        self.readCloseIsPending = false
        self.isReadClosed = true
        self.handler?.readClosed(self)
        if self.finishIsPending { self.close(.finished) }
    }

    // MARK: What the connection reports

    /// Notes what the two sides agreed to speak. Throws where there may not be one more stream of that protocol.
    package func agree(on protocolID: String) throws(ResourceLimitError) {
        self.protocolID = protocolID
        try self.driver.streamAgreed(self, on: protocolID)
    }

    /// Hands a piece of the peer's data to the handler, or holds it while reading is paused.
    package func deliver(_ chunk: borrowing Chunk) {
        guard !self.isClosed else { return }
        if let negotiation = self.negotiation {
            let used = negotiation.received(chunk, on: self)
            self.consumed(used)
            if used < chunk.count, self.negotiation == nil { self.deliver(chunk.dropping(used)) }
            return
        }
        if self.isReadingPaused || !self.held.isEmpty {
            self.held.append(chunk.storage, offset: chunk.offset, count: chunk.count)
        } else {
            self.isDelivering = true
            self.handOut(chunk)
            self.isDelivering = false
            if !self.held.isEmpty { self.deliverHeld() }
        }
    }

    package func deliverReadClosed() {
        guard !self.isClosed else { return }
        if let negotiation = self.negotiation {
            self.negotiation = nil
            let reason = StreamCloseReason.protocolViolation(
                "the peer ended the stream before a protocol was agreed on")
            negotiation.ended(self, reason)
            self.reset(reason)
            return
        }
        self.readCloseIsPending = true
        self.deliverReadCloseIfDue()
    }

    /// Notes that both halves ended in order; the handler still gets what is held back for it.
    package func deliverFinished() {
        guard !self.isClosed else { return }
        if self.readCloseIsPending || !self.held.isEmpty {
            self.finishIsPending = true
        } else {
            self.close(.finished)
        }
    }

    /// Takes `count` bytes of the waiting output to send them.
    package func takeOutput(_ count: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        self.output.take(count, body)
    }

    /// Notes that a batch was sent; tells the handler when it is worth writing more.
    package func outputTaken() {
        guard self.isAboveHighWater, self.output.count <= Self.highWaterMark / 4, !self.isClosed else { return }
        self.isAboveHighWater = false
        self.handler?.writable(self)
    }

    /// Ends the stream; the handler hears of it once.
    package func close(_ reason: StreamCloseReason) {
        guard self.closeReason == nil else { return }
        self.closeReason = reason
        self.isWriteClosed = true
        self.output.removeAll()
        self.held = HeldInput()
        let negotiation = self.negotiation
        self.negotiation = nil
        negotiation?.ended(self, reason)
        let handler = self.handler
        self.handler = nil
        handler?.closed(self, reason)
    }
}

/// Takes the place of a handler that wants no more data, and still tells it of the end.
private final class DiscardingHandler: StreamHandler {
    private let replaced: (any StreamHandler)?

    init(replaced: (any StreamHandler)?) { self.replaced = replaced }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}

    func writable(_ stream: LoopStream) {
        self.replaced?.writable(stream)
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.replaced?.closed(stream, reason)
    }
}

extension Bytes {
    /// Lends the bytes as a chunk.
    package func withChunk(_ body: (borrowing Chunk) -> Void) {
        guard !self.isEmpty else { return }
        self.withStorage { storage, offset in body(Chunk(storage: storage, offset: offset, count: self.count)) }
    }
}
