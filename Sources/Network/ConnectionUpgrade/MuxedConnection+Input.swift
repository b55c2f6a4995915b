import Bytes
import EventLoop
import Noise
import Transport
import Yamux

extension MuxedConnection {
    /// Two receives a wake-up keep what is decrypted in the cache (measured; Docs/Performance.md).
    private static let receivesPerWakeUp = 2

    /// Receives what is there, or until an end or an error where the socket has failed: bytes that came before the failure
    /// are still to be read.
    func receive(untilEnd: Bool) {
        var receives = 0
        self.begunStreams = 0
        while !self.isClosed, !self.isEnding, untilEnd || receives < Self.receivesPerWakeUp {
            receives += 1
            let buffer = self.resources.receiveBuffer
            var available = 0
            switch self.input.receive(
                from: self.socket, into: buffer, available: &available, spares: &self.resources.spares)
            {
            case .bytes(let count):
                self.process(UnsafeRawBufferPointer(rebasing: buffer[..<available]))
                if count < buffer.count, !untilEnd { return self.finishInput() }
            case .wouldBlock:
                if untilEnd { self.failed(self.socket.takeError()) }
                return self.finishInput()
            case .endOfStream: return self.receivedEnd()
            case .failed(let code): return self.failed(code)
            }
        }
        self.finishInput()
    }

    private func finishInput() {
        guard !self.isClosed else { return }
        self.closeIfAbandoned()
        self.tellRefusedStreams()
        if self.session.hasOutput { self.scheduleFlush() }
        self.rearmTimer()
    }

    private func receivedEnd() {
        if let closing {
            self.tearDown(closing.reason)
        } else if self.input.isAtMessageBoundary {
            self.tearDown(.closedByPeer)
        } else {
            self.tearDown(.transportFailed("the peer closed the connection in the middle of a message"))
        }
    }

    func failed(_ code: Int32) {
        // A peer may answer a GoAway by closing before it has read everything, which the kernel turns into a reset.
        let reason = SocketError.reason(of: code)
        self.tearDown(self.closing?.reason ?? .transportFailed(reason))
    }

    /// Opens the messages in `buffer` and acts on them.
    func process(_ buffer: UnsafeRawBufferPointer) {
        var position = 0
        while !self.isClosed, !self.isEnding,
            let message = self.input.nextMessage(in: buffer, position: &position, spares: &self.resources.spares)
        {
            guard Defence.noiseMessageLength.holds(message.count >= 16) else {
                return self.violated("the peer sent a Noise message of \(message.count) bytes, too short for its tag")
            }
            let count = message.count - 16
            let slab: ByteStorage
            let offset: Int
            do {
                (slab, offset) = try self.resources.reserveSlab(count)
            } catch {
                return self.exceeded(error)
            }
            do {
                try self.input.cipher.open(
                    message, into: slab.unsafeMutableBytes.baseAddress.unsafelyUnwrapped + offset,
                    using: self.resources.cipher)
            } catch {
                return self.violated("\(error)")
            }
            self.resources.commitSlab(count)
            self.received(slab, offset: offset, count: count)
        }
        self.chargeInput()
    }

    /// Charges the connection with what a message holds whose end has not come.
    private func chargeInput() {
        let held = self.input.capacity
        if self.charge(held - self.chargedInput) { self.chargedInput = held }
    }

    /// Feeds one message's plaintext to the session.
    private func received(_ slab: ByteStorage, offset: Int, count: Int) {
        let region = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(slab.unsafeMutableBytes)[offset..<offset + count])
        var reader = BytesReader(unsafe: region)
        do {
            if self.muxerNegotiation != nil {
                guard try self.negotiateMuxer(&reader) else { return }
            }
            while !self.isClosed, !self.isEnding, let event = try self.session.next(&reader, now: self.loop.now) {
                self.handle(event, slab: slab, offset: offset)
            }
        } catch let error as YamuxError {
            self.violated("\(error)", saying: error.goAwayCode)
        } catch {
            self.violated("\(error)")
        }
    }

    private func negotiateMuxer(_ reader: inout BytesReader) throws -> Bool {
        guard try self.muxerNegotiation?.receive(&reader) == true else {
            self.muxerNegotiation?.appendOutput(to: &self.plaintextFirst)
            self.scheduleFlush()
            return false
        }
        self.muxerNegotiation?.appendOutput(to: &self.plaintextFirst)
        self.muxerNegotiation = nil
        self.scheduleFlush()
        self.established()
        return !self.isClosed
    }

    // Swift 6.3.1 crashes when it inlines this: a Chunk, which cannot be copied, is made of a parameter that is borrowed.
    @inline(never) private func handle(_ event: YamuxSession.Event, slab: ByteStorage, offset: Int) {
        switch event {
        case .data(let id, let range):
            guard let stream = self.entry(id)?.stream else { return }
            self.lastServed = id
            stream.deliver(Chunk(storage: slab, offset: offset + range.lowerBound, count: range.count))
        case .opened(let id): self.acceptStream(id)
        case .accepted, .windowUpdated: self.serveOpenQueue()
        case .readClosed(let id, let finished):
            guard let stream = self.entry(id)?.stream else { return }
            self.lastServed = id
            stream.deliverReadClosed()
            if finished {
                self.forget(stream)
                stream.deliverFinished()
            }
        case .reset(let id, let code): self.end(id, .resetByPeer(code: code))
        case .violated(let id): self.end(id, .protocolViolation("the peer sent data behind the end of its half"))
        case .pong: break
        case .goAway(let code): self.receivedGoAway(code)
        }
    }

    private func end(_ id: YamuxStreamID, _ reason: StreamCloseReason) {
        guard let stream = self.entry(id)?.stream else { return }
        self.forget(stream)
        // The negotiation of a stream tells of its own end.
        if case .protocolViolation = reason, stream.negotiation == nil {
            self.configuration.onStreamViolation(self.connection, reason)
        }
        stream.close(reason)
        self.serveOpenQueue()
    }

    private func receivedGoAway(_ code: YamuxGoAwayCode) {
        self.connection.noteGoingAway()
        self.failOpenQueue("the peer is closing the connection")
        switch code {
        case .normal: break
        case .protocolError, .internalError:
            self.tearDown(.transportFailed("the peer ended the connection because of an error that it saw"))
        }
    }
}
