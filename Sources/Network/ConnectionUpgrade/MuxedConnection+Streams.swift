import Bytes
import EventLoop
import MultistreamSelect
import Transport
import Yamux

extension MuxedConnection {
    /// As many places for streams stay when the last has ended; a burst of streams leaves no more behind.
    private static let keptStreams = 64

    func entry(_ id: YamuxStreamID) -> StreamEntry? {
        guard self.streams.indices.contains(id.slot), let entry = self.streams[id.slot],
            entry.stream.yamuxID == id
        else { return nil }
        return entry
    }

    /// Makes the stream's two faces possible, or refuses it where a limit says so.
    private func add(_ id: YamuxStreamID, _ direction: Direction) throws(ResourceLimitError) -> LoopStream {
        let scope = try self.scope.streamScope(direction, memory: YamuxConfiguration.initialWindow)
        let stream = LoopStream(
            connection: self.connection, direction: direction,
            key: StreamKey(number: UInt64(id.number), slot: id.slot, generation: id.generation), driver: self)
        while self.streams.count <= id.slot { self.streams.append(nil) }
        self.streams[id.slot] = StreamEntry(stream: stream, scope: scope)
        self.streamCount += 1
        self.connection.noteStreams(self.streamCount, now: self.loop.now)
        return stream
    }

    /// Lets go of a stream that the session has ended, or is about to.
    func forget(_ stream: LoopStream) {
        guard let entry = self.entry(stream.yamuxID), entry.stream === stream else { return }
        self.streams[stream.key.slot] = nil
        self.streamCount -= 1
        self.connection.noteStreams(self.streamCount, now: self.loop.now)
        if self.streamCount == 0, self.streams.count > Self.keptStreams { self.streams = [] }
        self.waitingOutput -= stream.waitingOutput
        self.windowGrowth -= entry.growth
        self.release(entry)
    }

    /// Gives back what a stream was charged with.
    func release(_ entry: StreamEntry) {
        self.configuration.nodeWindowBudget.give(entry.growth)
        entry.scope.close()
    }

    /// As many streams of the peer's are taken each time that the loop wakes up for it as the peer may leave unaccepted.
    ///
    /// Who keeps to that never sends more at once, since nothing is accepted meanwhile. Who resets what it begins, for which
    /// there is no bound in the muxer, would hold up all others on the loop.
    private var streamsOfWakeUp: Int {
        Defence.streamsOfWakeUp.limit(self.session.configuration.acceptBacklog)
    }

    /// Tells once a wake-up of streams that were refused for their number.
    func tellRefusedStreams() {
        let refused = self.session.refusedStreams &+ max(self.begunStreams - self.streamsOfWakeUp, 0)
        guard refused != self.toldRefusedStreams else { return }
        self.toldRefusedStreams = self.session.refusedStreams
        self.configuration.onStreamViolation(
            self.connection, .protocolViolation("the peer begins more streams than it may"))
    }

    /// A stream that the peer began: its protocol is negotiated before anyone sees it.
    func acceptStream(_ id: YamuxStreamID) {
        self.begunStreams += 1
        guard self.closing == nil, self.begunStreams <= self.streamsOfWakeUp else { return self.session.reset(id) }
        do {
            let stream = try self.add(id, .inbound)
            stream.negotiation = InboundNegotiation(router: self.configuration.router) { [connection, configuration] in
                configuration.onStreamViolation(connection, $0)
            }
            self.mayEnd(stream)
            self.watchNegotiation(of: stream, timeout: self.configuration.negotiationTimeout)
        } catch {
            self.configuration.onRefused(self.connection, error)
            self.session.reset(id)
        }
    }

    /// Lets others have the stream's place as long as it has agreed on nothing.
    private func mayEnd(_ stream: LoopStream) {
        let bound = LoopBound(stream, on: self.loop)
        // At once where it can be, so that whoever needs the place has it.
        self.entry(stream.yamuxID)?.scope.mayEnd { bound.loop.runOrExecute { bound.value.reset() } }
    }

    /// Bounds the time that a stream may take to agree on its protocol.
    private func watchNegotiation(of stream: LoopStream, timeout: Duration) {
        guard Defence.negotiationTimeout.isOn else { return }
        self.negotiations.add(stream, deadline: self.loop.now + timeout)
        self.rearmTimer()
    }

    // MARK: Opening

    /// Tries again to open the streams that had to wait, in the order in which they were asked for.
    func serveOpenQueue() {
        while !self.isClosed, self.session.canOpenStream, let first = self.openQueue.popFirst() { self.open(first) }
    }

    func failOpenQueue(_ why: String) {
        for request in self.openQueue.takeAll() { request.completion(.failure(.cannotOpen(why))) }
    }

    func open(_ request: OpenRequest) {
        let id: YamuxStreamID
        do {
            id = try self.session.openStream()
        } catch .tooManyStreams, .tooManyUnacknowledgedStreams {
            self.openQueue.append(request)
            return self.rearmTimer()
        } catch {
            return request.completion(.failure(.cannotOpen("\(error)")))
        }
        do {
            self.negotiate(try self.add(id, .outbound), request)
        } catch {
            self.session.reset(id)
            request.completion(.failure(.refused(error)))
        }
        self.scheduleFlush()
    }

    private func negotiate(_ stream: LoopStream, _ request: OpenRequest) {
        let known = self.connection.supports(anyOf: request.protocols)
        do {
            let negotiation = try OutboundNegotiation(
                protocols: known.map { [$0] } ?? request.protocols, completion: request.completion)
            stream.negotiation = negotiation
            negotiation.begin(on: stream)
            if let known {
                negotiation.assume(known, on: stream)
            } else {
                self.watchNegotiation(of: stream, timeout: request.deadline - self.loop.now)
            }
        } catch {
            stream.reset()
            request.completion(.failure(.cannotOpen("\(error)")))
        }
    }
}

extension MuxedConnection: StreamDriver {
    func streamAgreed(_ stream: LoopStream, on protocolID: String) throws(ResourceLimitError) {
        do {
            try self.entry(stream.yamuxID)?.scope.setProtocol(protocolID)
        } catch {
            if stream.direction == .inbound { self.configuration.onRefused(self.connection, error) }
            throw error
        }
    }

    func streamOffers(_ stream: LoopStream, count: Int) {
        if self.entry(stream.yamuxID) != nil { self.waitingOutput += count }
        self.session.offerOutput(stream.yamuxID, count: count)
        self.scheduleFlush()
    }

    func streamClosesWrite(_ stream: LoopStream) {
        self.session.closeWrite(stream.yamuxID)
        self.scheduleFlush()
    }

    func streamConsumed(_ stream: LoopStream, count: Int) {
        let change = self.session.consumed(stream.yamuxID, count: count, now: self.loop.now)
        if change > 0 { self.growWindow(of: stream, by: change) }
        if change < 0 { self.windowShrank(of: stream, by: -change) }
        if self.session.hasOutput { self.scheduleFlush() }
    }

    /// Grows a window where the connection's budget and the node's have room for it.
    private func growWindow(of stream: LoopStream, by growth: Int) {
        let nodeBudget = self.configuration.nodeWindowBudget
        let budget = Defence.connectionWindows.limit(self.configuration.connectionWindowBudget)
        guard self.windowGrowth + growth <= budget,
            let entry = self.entry(stream.yamuxID), nodeBudget.take(growth)
        else { return }
        guard (try? entry.scope.reserveMemory(growth)) != nil else { return nodeBudget.give(growth) }
        self.streams[stream.key.slot]?.growth += growth
        self.windowGrowth += growth
        self.session.growWindow(stream.yamuxID, by: growth)
    }

    private func windowShrank(of stream: LoopStream, by count: Int) {
        guard let entry = self.entry(stream.yamuxID) else { return }
        self.streams[stream.key.slot]?.growth -= count
        self.windowGrowth -= count
        self.configuration.nodeWindowBudget.give(count)
        entry.scope.releaseMemory(count)
    }

    func streamStopsReading(_ stream: LoopStream) {
        self.session.stopReading(stream.yamuxID, now: self.loop.now)
        self.rearmTimer()
    }

    func streamResets(_ stream: LoopStream, code: UInt32) {
        self.session.reset(stream.yamuxID, code: code)
        self.forget(stream)
        self.serveOpenQueue()
        self.scheduleFlush()
    }
}

extension LoopStream {
    /// The stream's name in the connection's Yamux session.
    var yamuxID: YamuxStreamID {
        YamuxStreamID(
            number: UInt32(truncatingIfNeeded: self.key.number), slot: self.key.slot, generation: self.key.generation)
    }
}
