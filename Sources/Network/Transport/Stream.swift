public import Bytes
import EventLoop
public import Multiformats
public import PeerIdentity

/// A bidirectional stream of bytes to a peer, for use from any task.
///
/// Reading and writing may go on at the same time. A slow reader stops the peer's writer, and a slow peer makes `write`
/// wait. A stream that is let go of without being closed is reset.
public final class Stream: Sendable {
    let mailbox: StreamMailbox
    /// The connection that carries the stream.
    public let connection: Connection
    /// The protocol that both sides agreed on.
    public let protocolID: String
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

    public var remotePeer: PeerID { self.connection.remotePeer }
    public var remoteAddress: Multiaddr { self.connection.remoteAddress }

    /// Why the stream ended, or nil while it is open.
    public var closeReason: StreamCloseReason? { self.mailbox.closeReason }

    // MARK: Reading

    /// The next bytes, at most `limit` of them, or nil when the peer has ended its half.
    ///
    /// Throws `StreamError` where the stream was reset, its connection ended or `timeout` passed, and
    /// `CancellationError` where the task was cancelled; the stream can still be used then.
    public func read(upTo limit: Int = .max, timeout: Duration? = nil) async throws -> Bytes? {
        try await self.read(upTo: limit, Deadline(timeout))
    }

    private func read(upTo limit: Int, _ deadline: Deadline?) async throws -> Bytes? {
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

    /// Exactly `count` bytes, all of them within `timeout`. Throws `StreamError.endedEarly` where the peer ends its half before.
    public func read(exactly count: Int, timeout: Duration? = nil) async throws -> Bytes {
        try await self.read(exactly: count, Deadline(timeout))
    }

    private func read(exactly count: Int, _ deadline: Deadline?) async throws -> Bytes {
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
        }
        return writer.finish()
    }

    /// All that the peer sends until it ends its half, at most `limit` bytes: more throws `StreamError.tooMuchData`.
    ///
    /// The peer has `timeout` for the whole of it.
    public func readToEnd(limit: Int, timeout: Duration? = nil) async throws -> Bytes {
        let deadline = Deadline(timeout)
        var writer = BytesWriter()
        while let bytes = try await self.read(upTo: .max, deadline) {
            guard bytes.count <= limit - writer.count else { throw StreamError.tooMuchData(limit: limit) }
            writer.write(bytes)
        }
        return writer.finish()
    }

    /// A message behind a varint that says how long it is, at most `limit` bytes; nil where the peer ended its half
    /// before a message began. The peer has `timeout` for the whole of it.
    public func readLengthPrefixed(limit: Int, timeout: Duration? = nil) async throws -> Bytes? {
        let deadline = Deadline(timeout)
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
        let deadline = Deadline(timeout)
        do {
            repeat { try await self.wait(.writing, deadline) } while !self.mailbox.hasRoom
        } catch {
            self.reset()
            throw error
        }
        if let reason = self.mailbox.closeReason, reason != .finished { throw StreamError.closed(reason) }
    }

    /// Sends a copy of `bytes` behind what was written before.
    public func write(_ bytes: some Sequence<UInt8>, timeout: Duration? = nil) async throws {
        try await self.write(Bytes(bytes), timeout: timeout)
    }

    /// Sends `bytes` behind a varint that says how many they are.
    public func writeLengthPrefixed(_ bytes: Bytes, timeout: Duration? = nil) async throws {
        try await self.write(bytes.lengthPrefixed, timeout: timeout)
    }

    /// When an operation must be done, and how long it was given for a person to read.
    private struct Deadline {
        let instant: Instant
        let timeout: Duration

        init?(_ timeout: Duration?) {
            guard let timeout else { return nil }
            self.instant = EventLoop.monotonicNow() + timeout
            self.timeout = timeout
        }
    }

    private func wait(_ side: StreamMailbox.Side, _ deadline: Deadline?) async throws {
        switch await self.mailbox.wait(side, until: deadline?.instant) {
        case .ready: return
        case .cancelled: throw CancellationError()
        case .timedOut:
            throw StreamError.timedOut(
                operation:
                    "\(side == .reading ? "reading from" : "writing to") \(self.remotePeer) over \(self.protocolID)",
                after: deadline?.timeout ?? .zero)
        }
    }

    // MARK: Ending

    /// Ends this side's half behind what was written; the peer's half stays open for reading.
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
    public typealias Element = Bytes

    /// Reads the stream until the peer ends its half.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: Stream

        public func next() async throws -> Bytes? { try await self.stream.read() }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}
