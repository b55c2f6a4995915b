public import Bytes
import EventLoop
public import Multiformats
public import PeerIdentity

/// A bidirectional stream of bytes to a peer, for use from any task.
///
/// Reading and writing may go on at the same time. A slow reader stops the peer's writer, and a slow peer makes `write`
/// wait. A `timeout` bounds the whole call that it is given to, however many pieces come; nil waits as long as the
/// connection stands. A stream that is let go of without being closed is reset.
///
/// ```swift
/// node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }
/// ```
///
/// Foundation has a `Stream` too: a file that imports both says `Apus.Stream`.
public final class Stream: Sendable {
    let mailbox: StreamMailbox
    /// The connection that carries the stream.
    public let connection: Connection
    /// The protocol that both sides agreed on.
    public let protocolID: String
    /// Who opened the stream.
    public let direction: Direction

    /// Takes over a stream on its loop: from now on its data goes to the tasks that read this face.
    package init(_ stream: LoopStream) {
        self.mailbox = StreamMailbox(stream)
        self.connection = stream.connection
        self.protocolID = stream.protocolID
        self.direction = stream.direction
        stream.setHandler(self.mailbox)
    }

    deinit { self.mailbox.abandon() }

    /// The peer at the other end, whose identity the connection's handshake proved.
    public var remotePeer: PeerID { self.connection.remotePeer }
    /// Where the peer at the other end is.
    public var remoteAddress: Multiaddr { self.connection.remoteAddress }

    /// Why the stream ended, or nil while it is open.
    public var closeReason: StreamCloseReason? { self.mailbox.closeReason }

    // MARK: Reading

    /// The next bytes, at most `limit` of them, or nil when the peer has ended its half.
    ///
    /// Throws `StreamError` where the stream was reset, its connection ended or `timeout` passed, and
    /// `CancellationError` where the task was cancelled; the stream can still be used then.
    public func read(upTo limit: Int = .max, timeout: Duration? = nil) async throws -> Bytes? {
        try await self.read(upTo: limit, StreamDeadline(after: timeout))
    }

    private func read(upTo limit: Int, _ deadline: StreamDeadline?) async throws -> Bytes? {
        precondition(limit > 0, "a read takes at least one byte")
        while true {
            switch self.mailbox.take(upTo: limit) {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .failed(let reason): throw StreamError.closed(reason)
            case .nothingYet: try await self.wait(.reading, deadline)
            }
        }
    }

    /// Exactly `count` bytes.
    ///
    /// Throws what `read(upTo:timeout:)` throws, and `StreamError.endedEarly` where the peer ends its half before; the
    /// bytes that came until then are gone.
    public func read(exactly count: Int, timeout: Duration? = nil) async throws -> Bytes {
        try await self.read(exactly: count, StreamDeadline(after: timeout))
    }

    private func read(exactly count: Int, _ deadline: StreamDeadline?) async throws -> Bytes {
        guard count > 0 else { return Bytes() }
        guard let first = try await self.read(upTo: count, deadline) else {
            throw StreamError.endedEarly(expected: count, received: 0)
        }
        if first.count == count { return first }
        var writer = BytesWriter(reserving: Swift.min(count, 1 << 20))
        writer.write(first)
        while writer.count < count {
            guard let bytes = try await self.read(upTo: count - writer.count, deadline) else {
                throw StreamError.endedEarly(expected: count, received: writer.count)
            }
            writer.write(bytes)
            try self.check(deadline)
        }
        return writer.finish()
    }

    /// All that the peer sends until it ends its half, at most `limit` bytes.
    ///
    /// Throws what `read(upTo:timeout:)` throws, and `StreamError.tooMuchData` where the peer sends more.
    public func readToEnd(limit: Int, timeout: Duration? = nil) async throws -> Bytes {
        let deadline = StreamDeadline(after: timeout)
        var writer = BytesWriter()
        while let bytes = try await self.read(upTo: .max, deadline) {
            guard bytes.count <= limit - writer.count else { throw StreamError.tooMuchData(limit: limit) }
            writer.write(bytes)
            try self.check(deadline)
        }
        return writer.finish()
    }

    /// A message behind a varint that says how long it is, at most `limit` bytes; nil where the peer ended its half
    /// before a message began.
    ///
    /// Throws what `read(exactly:timeout:)` throws, `StreamError.tooMuchData` where the message is longer, and
    /// `StreamError.closed(.protocolViolation)` where its length is malformed.
    public func readLengthPrefixed(limit: Int, timeout: Duration? = nil) async throws -> Bytes? {
        let deadline = StreamDeadline(after: timeout)
        var prefix: [UInt8] = []
        repeat {
            guard let byte = try await self.read(upTo: 1, deadline)?.first else {
                guard prefix.isEmpty else {
                    throw StreamError.endedEarly(expected: prefix.count + 1, received: prefix.count)
                }
                return nil
            }
            prefix.append(byte)
        } while (prefix.last ?? 0) & 0x80 != 0 && prefix.count < 10
        var reader = BytesReader(Bytes(prefix))
        let length: Int
        do {
            length = try reader.readLength(limit: limit)
        } catch .limitExceeded {
            throw StreamError.tooMuchData(limit: limit)
        } catch {
            throw StreamError.closed(.protocolViolation("a message's length is malformed: \(error)"))
        }
        return try await self.read(exactly: length, deadline)
    }

    // MARK: Writing

    /// Sends `bytes` behind what was written before.
    ///
    /// Returns when the bytes are on their way or wait in a short queue, not when the peer has them. Throws `StreamError`
    /// where the stream has ended or `timeout` passed. A write that is cancelled or too late may have been sent in part,
    /// so it resets the stream.
    public func write(_ bytes: Bytes, timeout: Duration? = nil) async throws {
        guard !bytes.isEmpty else { return }
        guard try !self.mailbox.put(bytes) else { return }
        let deadline = StreamDeadline(after: timeout)
        do {
            repeat { try await self.wait(.writing, deadline) } while !self.mailbox.hasRoom
        } catch {
            self.reset()
            throw error
        }
        if let reason = self.mailbox.closeReason, reason != .finished { throw StreamError.closed(reason) }
    }

    /// Sends a copy of `bytes`, such as an array, a `Data` or a text's `utf8`, behind what was written before.
    ///
    /// Throws what `write(_:timeout:)` of `Bytes` throws.
    public func write(_ bytes: some Sequence<UInt8>, timeout: Duration? = nil) async throws {
        try await self.write(Bytes(bytes), timeout: timeout)
    }

    /// Sends `bytes` behind a varint that says how many they are.
    ///
    /// Throws what `write(_:timeout:)` throws.
    public func writeLengthPrefixed(_ bytes: Bytes, timeout: Duration? = nil) async throws {
        try await self.write(bytes.lengthPrefixed, timeout: timeout)
    }

    private func wait(_ side: StreamMailbox.Side, _ deadline: StreamDeadline?) async throws {
        let wake = await self.mailbox.wait(side, until: deadline?.instant)
        self.labelWork()
        switch wake {
        case .ready: return
        case .cancelled: throw CancellationError()
        case .timedOut: throw self.timedOut(side, deadline)
        }
    }

    /// Names what a task does from here on, where it runs on the connection's loop, for the report of slow callbacks.
    package func labelWork() {
        let loop = self.mailbox.loop
        if loop.isCurrent { loop.currentLabel = self.protocolID }
    }

    /// Ends a call that never has to wait, and still takes too long.
    private func check(_ deadline: StreamDeadline?) throws {
        if let deadline, deadline.remaining == .zero { throw self.timedOut(.reading, deadline) }
    }

    private func timedOut(_ side: StreamMailbox.Side, _ deadline: StreamDeadline?) -> StreamError {
        let what = side == .reading ? "reading from" : "writing to"
        return .timedOut(
            operation: "\(what) \(self.remotePeer) over \(self.protocolID)", after: deadline?.timeout ?? .zero)
    }

    // MARK: Ending

    /// Ends this side's half behind what was written; the peer's half stays open for reading.
    ///
    /// Throws `StreamError` where the stream was reset or its connection has ended.
    public func closeWrite() async throws {
        if let reason = self.closeReason, reason != .finished { throw StreamError.closed(reason) }
        self.mailbox.closeWrite()
    }

    /// Ends this side's half behind what was written, and throws away what the peer still sends.
    public func close() {
        self.mailbox.finish()
    }

    /// Ends the stream at once in both directions. The peer is told `code` where the muxer can say it.
    public func reset(code: UInt32 = 0) {
        self.mailbox.reset(code: code)
    }
}

extension Stream: AsyncSequence {
    /// A piece of the peer's data, as it came in.
    public typealias Element = Bytes

    /// Reads the stream until the peer ends its half.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: Stream

        /// The next bytes, or nil when the peer has ended its half. Throws what `Stream.read(upTo:timeout:)` throws.
        public func next() async throws -> Bytes? { try await self.stream.read() }
    }

    /// Begins to read where the last reader stopped: all iterators of a stream share its data.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

/// When a call on a stream is to be over, and how long it was given.
private struct StreamDeadline {
    let timeout: Duration
    let instant: Instant

    /// The deadline of a call that begins now; nil for one that has none.
    init?(after timeout: Duration?) {
        guard let timeout else { return nil }
        self.timeout = timeout
        self.instant = EventLoop.monotonicNow() + timeout
    }

    var remaining: Duration { max(self.instant - EventLoop.monotonicNow(), .zero) }
}
