public import Bytes

extension YamuxSession {
    /// What the input said.
    public enum Event: Hashable, Sendable {
        /// The peer began a stream. It counts as accepted with the first frame that we send on it.
        case opened(YamuxStreamID)
        /// The peer accepted a stream that we began.
        case accepted(YamuxStreamID)
        /// A piece of a stream's data, as a range of the input's positions.
        case data(YamuxStreamID, Range<Int>)
        /// The peer sends no more data; `finished` when our half had ended too, so that the stream is gone.
        case readClosed(YamuxStreamID, finished: Bool)
        /// The peer reset the stream, which is gone. `code` is 0 where the peer names none.
        case reset(YamuxStreamID, code: UInt32)
        /// The peer lets us send more on the stream.
        case windowUpdated(YamuxStreamID)
        /// The peer broke the rules of one stream: it was reset and is gone for the reader.
        case violated(YamuxStreamID)
        /// A ping was answered after this time.
        case pong(Duration)
        /// The peer opens no more streams and wants none.
        case goAway(YamuxGoAwayCode)
    }

    /// The next event of the input, or nil when all of the input is used up.
    ///
    /// Any piece of the session's byte stream may be given, however it is cut. A thrown error ends the session: the
    /// caller says GoAway with the error's code and closes.
    public mutating func next(_ input: inout BytesReader, now: Instant) throws(YamuxError) -> Event? {
        if !input.isAtEnd { self.liveness.receiveInput(now: now) }
        while true {
            if self.frame.payloadRemaining > 0 {
                guard !input.isAtEnd else { return nil }
                let range = self.frame.takePayload(&input)
                if let id = self.frame.payloadStream, self.streams.contains(id), !self.streams[id].discards {
                    return .data(id, range)
                }
                continue
            }
            let header: YamuxHeader
            if let pending = self.frame.pending {
                self.frame.pending = nil
                header = pending
            } else {
                guard let read = try self.frame.nextHeader(&input) else { return nil }
                try self.countIfIdle(read, now: now)
                header = read
            }
            if let event = try self.receive(header, now: now) { return event }
        }
    }

    /// Acts on a header, or on the part of it that is left after an earlier event.
    private mutating func receive(_ header: YamuxHeader, now: Instant) throws(YamuxError) -> Event? {
        switch header.type {
        case .ping: try self.receivePing(header, now: now)
        case .goAway: self.receiveGoAway(header)
        case .data, .windowUpdate: try self.receiveStreamFrame(header)
        }
    }

    /// Counts a frame that moves nothing.
    private mutating func countIfIdle(_ header: YamuxHeader, now: Instant) throws(YamuxError) {
        switch header.type {
        case .data: return
        case .windowUpdate where !header.flags.isEmpty || header.value >= YamuxIdleFrames.smallUpdate: return
        case .windowUpdate, .ping, .goAway: break
        }
        guard Defence.yamuxIdleFrames.holds(self.idleFrames.take(now: now)) else { throw .tooManyIdleFrames }
    }

    private mutating func receivePing(_ header: YamuxHeader, now: Instant) throws(YamuxError) -> Event? {
        if header.flags.contains(.syn) {
            try self.answer(YamuxHeader(type: .ping, flags: .ack, value: header.value))
            return nil
        }
        return self.liveness.receivePong(header.value, now: now).map { .pong($0) }
    }

    private mutating func receiveGoAway(_ header: YamuxHeader) -> Event? {
        let code = YamuxGoAwayCode(rawValue: header.value) ?? .internalError
        self.remoteGoAway = code
        return .goAway(code)
    }

    /// Queues a frame that answers one of the peer's; a peer that never reads the answers is not served for ever.
    private mutating func answer(_ header: YamuxHeader) throws(YamuxError) {
        let limit = Defence.yamuxUnansweredFrames.limit(self.configuration.maximumUnansweredFrames)
        guard self.sessionFrames.count < limit else {
            throw .tooManyUnansweredFrames
        }
        self.sessionFrames.append(header)
    }

    /// Acts on a data or window frame, flag by flag: SYN, ACK, the frame's own content, then RST or FIN.
    ///
    /// What is left of the frame after an event stands in `frame.pending`, with the flags taken off that were acted on.
    private mutating func receiveStreamFrame(_ header: YamuxHeader) throws(YamuxError) -> Event? {
        if header.flags.contains(.syn) {
            var rest = header
            rest.flags.remove(.syn)
            return try self.receiveBegin(rest)
        }
        guard let id = self.streams.find(header.stream), self.streams[id].isHeard else {
            // Frames of a stream that was reset or refused are on their way for a round trip.
            try self.discardPayload(header)
            return nil
        }
        if header.flags.contains(.ack), self.isLocal(id.number), !self.streams[id].acknowledged {
            self.streams[id].acknowledged = true
            self.unacknowledgedOutbound -= 1
            self.frame.pending = header
            return .accepted(id)
        }
        if header.flags.contains(.rst) {
            try self.discardPayload(header)
            if Defence.yamuxResetStreams.isOn { self.remove(id) }
            return .reset(id, code: header.type == .windowUpdate ? header.value : 0)
        }
        if header.type == .data, header.value > 0 { return try self.receiveData(header, id) }
        if header.type == .windowUpdate, header.value > 0 { return try self.receiveWindowUpdate(header, id) }
        return header.flags.contains(.fin) ? self.receiveFinish(id) : nil
    }

    private mutating func receiveBegin(_ header: YamuxHeader) throws(YamuxError) -> Event? {
        guard Defence.yamuxStreamNumber.holds(header.stream != 0 && !self.isLocal(header.stream)) else {
            throw .invalidStreamNumber(header.stream)
        }
        guard Defence.yamuxStreamReuse.holds(self.streams.find(header.stream) == nil) else {
            throw .streamAlreadyOpen(header.stream)
        }
        if header.flags.contains(.rst) {
            try self.discardPayload(header)
            return nil
        }
        guard self.localGoAway == nil,
            self.streams.count < Defence.yamuxStreams.limit(self.configuration.maximumStreams),
            self.unacknowledgedInbound < Defence.yamuxAcceptBacklog.limit(self.configuration.acceptBacklog)
        else {
            // One that crosses our GoAway is no fault of the peer's.
            if self.localGoAway == nil { self.refusedStreams &+= 1 }
            try self.answer(YamuxHeader(type: .windowUpdate, flags: .rst, stream: header.stream))
            try self.discardPayload(header)
            return nil
        }
        let id = self.streams.insert(.accepted(number: header.stream))
        self.unacknowledgedInbound += 1
        self.frame.pending = header
        return .opened(id)
    }

    private mutating func receiveData(_ header: YamuxHeader, _ id: YamuxStreamID) throws(YamuxError) -> Event? {
        guard Int(header.value) <= self.frameLimit else { throw .frameTooLong(header.value) }
        let length = Int(header.value)
        if self.streams[id].finishReceived, Defence.yamuxDataBehindEnd.isOn {
            // Data behind the end of the peer's half breaks this stream's rules, and no other stream's.
            self.reset(id)
            try self.discardPayload(header)
            return .violated(id)
        }
        guard Defence.yamuxReceiveWindow.holds(self.streams[id].receive.receive(length)) else {
            throw .receiveWindowExceeded(stream: id.number)
        }
        self.frame.payloadStream = id
        self.frame.payloadRemaining = length
        if header.flags.contains(.fin) {
            self.frame.pending = YamuxHeader(type: .windowUpdate, flags: .fin, stream: header.stream)
        }
        return nil
    }

    private mutating func receiveWindowUpdate(
        _ header: YamuxHeader, _ id: YamuxStreamID
    ) throws(YamuxError) -> Event? {
        let window = self.streams[id].sendWindow + Int(header.value)
        guard Defence.yamuxSendWindow.holds(window <= Int(UInt32.max)) else {
            throw .sendWindowOverflow(stream: id.number)
        }
        self.streams[id].sendWindow = window
        self.enqueue(id)
        if header.flags.contains(.fin) {
            self.frame.pending = YamuxHeader(type: .windowUpdate, flags: .fin, stream: header.stream)
        }
        return .windowUpdated(id)
    }

    private mutating func receiveFinish(_ id: YamuxStreamID) -> Event? {
        guard !self.streams[id].finishReceived else { return nil }
        self.streams[id].finishReceived = true
        self.lingering.remove(id.slot)
        let finished = self.streams[id].isFinished
        if finished { self.remove(id) }
        return .readClosed(id, finished: finished)
    }

    /// The longest payload that a frame may claim.
    private var frameLimit: Int { Defence.yamuxFrameLength.limit(self.configuration.windowLimit) }

    /// Throws away the payload that follows a header whose stream is gone or refused.
    private mutating func discardPayload(_ header: YamuxHeader) throws(YamuxError) {
        guard header.type == .data else { return }
        guard Int(header.value) <= self.frameLimit else { throw .frameTooLong(header.value) }
        self.frame.payloadStream = nil
        self.frame.payloadRemaining = Int(header.value)
    }
}
