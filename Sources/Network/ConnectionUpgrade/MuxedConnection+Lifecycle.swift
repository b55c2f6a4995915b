import Bytes
import EventLoop
import Noise
import Transport
import Yamux

extension MuxedConnection: ConnectionDriver {
    func openStream(
        _ protocols: [String], timeout: Duration, completion: @escaping (Result<LoopStream, StreamError>) -> Void
    ) {
        guard !self.isClosed, self.closing == nil else {
            return completion(.failure(.cannotOpen("the connection is being closed")))
        }
        self.open(OpenRequest(protocols: protocols, deadline: self.loop.now + timeout, completion: completion))
    }

    /// Ends the connection: sends what the streams have written, says GoAway, ends the socket's write side and waits for
    /// the peer to do the same, for at most `gracePeriod`; at once without one.
    ///
    /// Streams of the peer's are refused meanwhile. GoAway comes last: Go, Rust and JavaScript peers end every stream when
    /// they read it, and would lose what was on its way.
    func close(gracePeriod: Duration?) { self.close(gracePeriod: gracePeriod, .closedLocally) }

    private func close(gracePeriod: Duration?, _ reason: ConnectionCloseReason) {
        guard !self.isClosed, !self.isEnding else { return }
        guard let gracePeriod else { return self.end(reason, saying: .normal) }
        guard self.closing == nil else { return }
        self.closing = Closing(deadline: self.loop.now + gracePeriod, reason: reason)
        self.connection.noteGoingAway()
        self.failOpenQueue("the connection is being closed")
        self.scheduleFlush()
        self.rearmTimer()
    }

    /// Closes the connection when the peer has said GoAway and its last stream has ended.
    func closeIfAbandoned() {
        guard self.session.remoteGoAway != nil, self.session.streamCount == 0, self.closing == nil else { return }
        self.close(gracePeriod: .seconds(1), .closedByPeer)
    }

    /// Ends our half of the socket once nothing waits to be sent. Bytes that the peer still sends are read until it ends its
    /// half: to close with unread input would make the kernel throw away what is on its way to the peer.
    func progressClosing() {
        guard !self.isClosed, !self.isEnding, var closing, !closing.isShutDown, self.unsent.isEmpty,
            !self.session.hasOutput, self.waitingOutput == 0
        else { return }
        guard closing.hasSaidGoAway else {
            closing.hasSaidGoAway = true
            self.closing = closing
            self.session.goAway(.normal)
            return self.scheduleFlush()
        }
        closing.isShutDown = true
        self.closing = closing
        do {
            try self.socket.shutdownWrite()
        } catch {
            self.tearDown(closing.reason)
        }
    }

    /// The peer broke a rule: says so by GoAway where the muxer stands, and ends the connection.
    func violated(_ what: String, saying code: YamuxGoAwayCode = .protocolError) {
        self.end(.protocolViolation(what), saying: code)
    }

    /// The connection needs more than it may have, and ends.
    func exceeded(_ limit: ResourceLimitError) {
        self.end(.limitReached(limit), saying: .internalError)
    }

    /// Charges the connection with so many bytes more, or below 0 less; false where nothing changed. One that may not have
    /// them ends, and one that has ended gave back everything.
    func charge(_ change: Int) -> Bool {
        guard change != 0, !self.isClosed, !self.isEnding else { return false }
        guard change > 0 else {
            self.scope.releaseMemory(-change)
            return true
        }
        do {
            try self.scope.reserveMemory(change)
            return true
        } catch {
            self.exceeded(error)
            return false
        }
    }

    /// Ends the connection at once, behind a GoAway where the kernel takes it.
    private func end(_ reason: ConnectionCloseReason, saying code: YamuxGoAwayCode) {
        guard !self.isClosed, !self.isEnding else { return }
        self.isEnding = true
        self.session.goAway(code)
        self.awaitsWritable = false
        self.flush()
        self.tearDown(reason)
    }

    func tearDown(_ reason: ConnectionCloseReason, isEstablished: Bool = true) {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.poller?.close()
        self.timer?.close()
        self.socket.close()
        self.failOpenQueue("\(reason)")
        let streams = self.streams
        self.streams = []
        // Streams whose last frame was laid out but not sent are in no table any more, and nobody else tells them.
        let unsentEnds = self.touched.filter(\.isFinished).map(\.stream)
        self.touched = []
        // The list refers to streams, which refer to this connection.
        self.negotiations = NegotiationDeadlines()
        for entry in streams { entry?.stream.close(.connectionClosed("\(reason)")) }
        for stream in unsentEnds { stream.close(.connectionClosed("\(reason)")) }
        self.releaseScope(streams)
        self.input.cipher.wipe()
        self.outputCipher.wipe()
        self.input.network = nil
        self.outputNetwork = nil
        self.loop.releaseLoad()
        let onEstablished = self.onEstablished
        self.onEstablished = nil
        self.connection.noteClosed(reason) {
            if isEstablished, onEstablished == nil { self.configuration.onClosed(self.connection, reason) }
        }
        onEstablished?(.failure(.muxerFailed("\(reason)")))
    }

    private func releaseScope(_ streams: [StreamEntry?]) {
        for case let entry? in streams { self.release(entry) }
        self.scope.releaseMemory(self.chargedInput + self.chargedOutput)
        self.account.close()
    }

    // MARK: Deadlines

    /// Sets the timer to the next deadline where that is earlier than the one it waits for.
    func rearmTimer() {
        guard !self.isClosed, let timer = self.timer else { return }
        guard let next = self.nextDeadline else { return }
        if let current = timer.deadline, current <= next { return }
        timer.schedule(at: next)
    }

    private var nextDeadline: Instant? {
        var next = self.session.nextDeadline
        next = Self.earlier(next, self.negotiations.next)
        next = Self.earlier(next, self.openQueue.nextDeadline)
        next = Self.earlier(next, self.closing?.deadline)
        return Self.earlier(next, self.establishDeadline)
    }

    private static func earlier(_ first: Instant?, _ second: Instant?) -> Instant? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    func handleDeadline() {
        guard !self.isClosed else { return }
        let now = self.loop.now
        if let closing, closing.deadline <= now { return self.end(closing.reason, saying: .normal) }
        if let establishDeadline, establishDeadline <= now, Defence.handshakeTimeout.isOn {
            return self.giveUp(.timedOut(after: self.configuration.handshakeTimeout))
        }
        for stream in self.negotiations.takeExpired(now: now) {
            let negotiation = stream.negotiation
            stream.negotiation = nil
            let reason = StreamCloseReason.protocolViolation("the peer did not agree on a protocol in time")
            negotiation?.ended(stream, reason)
            stream.reset(reason)
        }
        for request in self.openQueue.takeExpired(now: now) {
            request.completion(.failure(.cannotOpen("the peer accepted no new stream in time")))
        }
        guard !self.isClosed else { return }
        do {
            for id in try self.session.handleDeadline(now: now) {
                guard let stream = self.entry(id)?.stream else { continue }
                self.forget(stream)
                stream.close(.resetLocally(code: 0))
            }
        } catch {
            return self.tearDown(.timedOut)
        }
        guard !self.isClosed else { return }
        if self.session.hasOutput { self.scheduleFlush() }
        self.rearmTimer()
    }
}
