import Bytes
import EventLoop

/// The buffers between a stream's loop and the tasks that read and write it.
///
/// Both sides leave what they have under one lock and wake the other once a batch: tasks wait on continuations, the loop
/// is given one job however much was left for it. The waiting bytes are bounded: those to read by the stream's window,
/// those to write by `LoopStream.highWaterMark` and the last write.
final class StreamMailbox: Sendable {
    let loop: EventLoop
    private let stream: LoopBound<LoopStream>
    private let state = Locked(State())

    /// So much may be consumed before the loop is told, in bytes; an empty inbox tells it at once.
    private static let consumptionReportSize = 64 * 1024
    /// So many writes may wait for the loop, however small they are: it takes them all at once.
    private static let outboxLimit = 1_024

    private struct State {
        var inbox = HeldInput()
        var consumed = 0
        var readEnded = false
        var closeReason: StreamCloseReason?
        var readers: [Waiter] = []

        var outbox: [Bytes] = []
        /// Written bytes that are not known to be sent, in the outbox or the loop's queue.
        var unsent = 0
        var ending: Ending?
        var writeClosed = false
        var writers: [Waiter] = []

        var loopIsTold = false
        var nextWaiter = 0

        var hasRoom: Bool { self.unsent < LoopStream.highWaterMark && self.outbox.count < StreamMailbox.outboxLimit }
    }

    private struct Waiter {
        let token: Int
        let continuation: UnsafeContinuation<Void, Never>
    }

    private enum Ending {
        case closeWrite
        case finish
        case reset(UInt32)
    }

    enum Wake: Sendable {
        case ready
        case cancelled
        case timedOut
    }

    enum Side: Sendable {
        case reading
        case writing
    }

    init(_ stream: LoopStream) {
        self.loop = stream.loop
        self.stream = LoopBound(stream, on: stream.loop)
        stream.consumesManually = true
    }

    // MARK: Tasks

    enum Taken: Sendable {
        case bytes(Bytes)
        case end
        case failed(StreamCloseReason)
        case nothingYet
    }

    /// Takes the next bytes, at most `limit` of them.
    func take(upTo limit: Int) -> Taken {
        let (taken, tell) = self.state.withLock { state -> (Taken, Bool) in
            guard let bytes = state.inbox.popFirst(upTo: limit) else {
                if state.readEnded { return (.end, false) }
                if let reason = state.closeReason { return (.failed(reason), false) }
                return (.nothingYet, false)
            }
            state.consumed += bytes.count
            let isWorthTelling = state.consumed >= Self.consumptionReportSize || state.inbox.isEmpty
            return (.bytes(bytes), isWorthTelling && Self.tellLoop(&state))
        }
        if tell { self.wakeLoop() }
        return taken
    }

    /// Leaves `bytes` to be sent; false where so much waits already that the writer should wait.
    func put(_ bytes: Bytes) throws(StreamError) -> Bool {
        let result = self.state.withLock { state -> Result<(hasRoom: Bool, tell: Bool), StreamError> in
            if let reason = state.closeReason { return .failure(.closed(reason)) }
            guard !state.writeClosed else { return .failure(.writeAfterClose) }
            state.outbox.append(bytes)
            state.unsent += bytes.count
            return .success((state.hasRoom, Self.tellLoop(&state)))
        }
        let (hasRoom, tell) = try result.get()
        if tell { self.wakeLoop() }
        // On the loop itself the queue has been emptied by now.
        return hasRoom || self.hasRoom
    }

    var hasRoom: Bool {
        self.state.withLock { $0.hasRoom || $0.closeReason != nil }
    }

    var closeReason: StreamCloseReason? { self.state.withLock { $0.closeReason } }

    func closeWrite() { self.end(.closeWrite) }
    func finish() { self.end(.finish) }
    func reset(code: UInt32) { self.end(.reset(code)) }

    /// The last reference outside the loop is gone: an unfinished stream is reset.
    func abandon() {
        let (isOpen, writeClosed) = self.state.withLock { ($0.closeReason == nil, $0.writeClosed) }
        guard isOpen else { return }
        self.end(writeClosed ? .finish : .reset(0))
    }

    private func end(_ ending: Ending) {
        let tell = self.state.withLock { state -> Bool in
            guard state.closeReason == nil else { return false }
            state.writeClosed = true
            switch (state.ending, ending) {
            // What ends more of the stream stands, in whatever order it was asked for.
            case (.finish?, .closeWrite): return false
            case (_, .reset(let code)):
                // Whoever uses the stream now learns of it, and not when the loop has come to it.
                state.closeReason = .resetLocally(code: code)
                state.outbox.removeAll()
            default: break
            }
            state.ending = ending
            return Self.tellLoop(&state)
        }
        if tell { self.wakeLoop() }
    }

    /// Waits until the side may have something to do, the task is cancelled or the time is up.
    func wait(_ side: Side, until deadline: Instant?) async -> Wake {
        let token = self.state.withLock { state -> Int in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let alarm = deadline.map { deadline in
            LoopDeadline(on: self.loop, at: deadline) { self.wake(side, token: token) }
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                let mustWait = self.state.withLock { state -> Bool in
                    // An alarm that went off before found nobody to wake; a later one finds the waiter.
                    guard Self.wakeReason(of: side, state, alarm) == nil else { return false }
                    let waiter = Waiter(token: token, continuation: continuation)
                    switch side {
                    case .reading: state.readers.append(waiter)
                    case .writing: state.writers.append(waiter)
                    }
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            self.wake(side, token: token)
        }
        alarm?.cancel()
        // The continuation carries no reason, which ThreadSanitizer might not see handed over (`Handover`). Where another task
        // was faster there is none by now, and the caller looks and waits again.
        return self.state.withLock { Self.wakeReason(of: side, $0, alarm) } ?? .ready
    }

    /// Why a task of this side need not wait now; nil where it must.
    private static func wakeReason(of side: Side, _ state: State, _ alarm: LoopDeadline?) -> Wake? {
        let isReady =
            switch side {
            case .reading: !state.inbox.isEmpty || state.readEnded || state.closeReason != nil
            case .writing: state.hasRoom || state.closeReason != nil
            }
        // First, since a connection that ends cancels its tasks, and they still get what came before.
        if isReady { return .ready }
        if Task.isCancelled { return .cancelled }
        return alarm?.hasPassed == true ? .timedOut : nil
    }

    private func wake(_ side: Side, token: Int) {
        let waiter = self.state.withLock { state -> Waiter? in
            switch side {
            case .reading:
                guard let index = state.readers.firstIndex(where: { $0.token == token }) else { return nil }
                return state.readers.remove(at: index)
            case .writing:
                guard let index = state.writers.firstIndex(where: { $0.token == token }) else { return nil }
                return state.writers.remove(at: index)
            }
        }
        waiter?.continuation.resume()
    }

    /// Whether the loop has to be told that something was left for it; once a batch.
    private static func tellLoop(_ state: inout State) -> Bool {
        guard !state.loopIsTold else { return false }
        state.loopIsTold = true
        return true
    }

    private func wakeLoop() {
        if self.loop.isCurrent {
            self.collect()
        } else {
            self.loop.execute { self.collect() }
        }
    }

    // MARK: The loop

    /// Hands to the stream what tasks left for it.
    private func collect() {
        let stream = self.stream.value
        let (outbox, consumed, ending) = self.state.withLock { state in
            state.loopIsTold = false
            defer {
                state.outbox.removeAll(keepingCapacity: true)
                state.consumed = 0
                state.ending = nil
            }
            return (state.outbox, state.consumed, state.ending)
        }
        for bytes in outbox { stream.write(bytes) }
        stream.consumed(consumed)
        switch ending {
        case .closeWrite: stream.closeWrite()
        case .finish: stream.finish()
        case .reset(let code): stream.reset(code: code)
        case nil: break
        }
        if !outbox.isEmpty { self.noteSent(stream) }
    }

    /// Takes over how much really waits, and wakes writers when there is room.
    private func noteSent(_ stream: LoopStream) {
        let writers = self.state.withLock { state -> [Waiter] in
            state.unsent = stream.waitingOutput + state.outbox.reduce(0) { $0 + $1.count }
            guard state.hasRoom else { return [] }
            defer { state.writers.removeAll(keepingCapacity: true) }
            return state.writers
        }
        for writer in writers { writer.continuation.resume() }
    }

    private func wakeReaders(_ change: (inout State) -> Void) {
        let readers = self.state.withLock { state -> [Waiter] in
            change(&state)
            defer { state.readers.removeAll(keepingCapacity: true) }
            return state.readers
        }
        for reader in readers { reader.continuation.resume() }
    }
}

extension StreamMailbox: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        let (storage, offset, count) = (bytes.storage, bytes.offset, bytes.count)
        self.wakeReaders { $0.inbox.append(storage, offset: offset, count: count) }
    }

    func readClosed(_ stream: LoopStream) {
        self.wakeReaders { $0.readEnded = true }
    }

    func writable(_ stream: LoopStream) {
        self.noteSent(stream)
    }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        self.wakeReaders { $0.closeReason = $0.closeReason ?? reason }
        let writers = self.state.withLock { state -> [Waiter] in
            state.outbox.removeAll()
            defer { state.writers.removeAll() }
            return state.writers
        }
        for writer in writers { writer.continuation.resume() }
    }
}
