public import Bytes

extension YamuxSession {
    /// One frame to send: a header and, for data, which stream the payload is taken from.
    public struct OutboundFrame: Sendable {
        public let header: YamuxHeader
        /// The stream the frame belongs to; nil for the session's own frames.
        public let stream: YamuxStreamID?
        /// How many bytes of the stream's waiting output follow the header.
        public let payload: Int
        /// The stream is gone with this frame: both halves have ended, or it is a reset.
        public let endsStream: Bool
    }

    /// Whether `nextFrame` has a frame.
    public var hasOutput: Bool { !self.sessionFrames.isEmpty || !self.ready.isEmpty }

    /// The next frame to send, with a payload of at most `maximumPayload` bytes, or nil when there is nothing to send.
    ///
    /// Where there is no room for a single byte, streams keep their places and only the session's own frames go out.
    /// Streams take turns; a turn is one frame, so none waits for more than one frame of each other.
    public mutating func nextFrame(maximumPayload: Int) -> OutboundFrame? {
        if let header = self.sessionFrames.popFirst() {
            return OutboundFrame(header: header, stream: nil, payload: 0, endsStream: false)
        }
        guard maximumPayload > 0 else { return nil }
        while let slot = self.ready.popFirst() {
            guard let id = self.streams.id(inSlot: slot) else { continue }
            guard let frame = self.nextFrame(of: id, maximumPayload: maximumPayload) else { continue }
            if frame.endsStream { self.remove(id) } else { self.enqueue(id) }
            return frame
        }
        return nil
    }

    private mutating func nextFrame(of id: YamuxStreamID, maximumPayload: Int) -> OutboundFrame? {
        if let code = self.streams[id].resetPending {
            let header = YamuxHeader(type: .windowUpdate, flags: .rst, stream: id.number, value: code)
            return OutboundFrame(header: header, stream: id, payload: 0, endsStream: true)
        }
        let pending = self.streams[id].pendingOutput
        // A stream begins with a window update, as Go's does: some peers expect no data in the first frame.
        if self.streams[id].beginPending || self.streams[id].windowDelta > 0 {
            let delta = UInt32(clamping: self.streams[id].windowDelta)
            self.streams[id].windowDelta = 0
            let header = YamuxHeader(
                type: .windowUpdate, flags: self.takeBeginFlags(id), stream: id.number, value: delta)
            return OutboundFrame(header: header, stream: id, payload: 0, endsStream: false)
        }
        let count = min(pending, self.streams[id].sendWindow, maximumPayload, self.configuration.maximumPayload)
        if count > 0 {
            self.streams[id].pendingOutput -= count
            self.streams[id].sendWindow -= count
            self.idleFrames.sentData()
            let header = YamuxHeader(
                type: .data, flags: self.takeBeginFlags(id), stream: id.number, value: UInt32(count))
            return OutboundFrame(header: header, stream: id, payload: count, endsStream: false)
        }
        if pending == 0, self.streams[id].finishPending {
            self.streams[id].finishPending = false
            self.streams[id].finishSent = true
            // FIN goes in a frame without data: JavaScript readers lose the payload of one that has both.
            let header = YamuxHeader(
                type: .windowUpdate, flags: self.takeBeginFlags(id).union(.fin), stream: id.number)
            return OutboundFrame(
                header: header, stream: id, payload: 0, endsStream: self.streams[id].isFinished)
        }
        return nil
    }

    /// The flag that a stream's first frame carries: SYN where we begin it, ACK where we accept it.
    private mutating func takeBeginFlags(_ id: YamuxStreamID) -> YamuxHeader.Flags {
        if self.streams[id].beginPending {
            self.streams[id].beginPending = false
            return .syn
        }
        if self.streams[id].acceptPending {
            self.streams[id].acceptPending = false
            self.streams[id].acknowledged = true
            self.unacknowledgedInbound -= 1
            return .ack
        }
        return []
    }
}

extension YamuxSession {
    /// When `handleDeadline` is to be called next.
    public var nextDeadline: Instant? {
        switch (self.liveness.nextDeadline, self.firstLingering?.deadline) {
        case (let liveness?, let linger?): min(liveness, linger)
        case (let liveness, let linger): liveness ?? linger
        }
    }

    private var firstLingering: (id: YamuxStreamID, deadline: Instant)? {
        guard let slot = self.lingering.first, let id = self.streams.id(inSlot: slot) else { return nil }
        return (id, self.streams[id].lingerDeadline)
    }

    /// Sends the keep-alive ping that is due, and resets streams whose peer never ended them.
    ///
    /// Returns the streams that were reset. Throws `keepAliveTimeout` where the peer is gone.
    public mutating func handleDeadline(now: Instant) throws(YamuxError) -> [YamuxStreamID] {
        if let ping = try self.liveness.ping(now: now) { self.sessionFrames.append(ping) }
        var expired: [YamuxStreamID] = []
        while let (id, deadline) = self.firstLingering, deadline <= now {
            self.lingering.remove(id.slot)
            let output = self.streams[id].outputBeforeEnd
            if output != nil, output == self.streams[id].lingerOutput {
                self.reset(id)
                expired.append(id)
            } else {
                // The peer may have waited for the end of our half, or have read of it all the time.
                self.linger(id, now: now)
            }
        }
        return expired
    }

    /// Notes that the stream's reader is gone and gives the peer the linger time from now.
    mutating func linger(_ id: YamuxStreamID, now: Instant) {
        self.streams[id].lingerDeadline = now + self.configuration.lingerTimeout
        self.streams[id].lingerOutput = self.streams[id].outputBeforeEnd
        if Defence.yamuxLinger.isOn { self.lingering.append(id.slot) }
    }
}
