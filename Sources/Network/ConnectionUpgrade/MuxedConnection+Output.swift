import Bytes
import Cryptography
import EventLoop
import Noise
import Transport
import Yamux

extension MuxedConnection {
    /// A payload of at least this many bytes is sealed from where it stands; smaller ones are laid together first.
    private static let directSealSize = 4_096
    /// A message is closed when it has less room than this left for another frame.
    private static let smallestRoom = 1_024
    /// Streams' waiting output is charged in steps of so many bytes.
    private static let chargeStep = 64 * 1024
    private static let messageOverhead = NoiseLimits.lengthSize + 16
    /// A message takes this much at most on the wire, one byte less than Noise allows: four fill a batch.
    private static let messageSize = LoopResources.batchSize / 4

    /// Sends what waits, at most one batch; the rest goes when the kernel wants more.
    func flush() {
        guard !self.isClosed, !self.awaitsWritable, self.closing?.isShutDown != true else { return }
        var count = 0
        do {
            // What an earlier batch left goes first, and counts. Behind much of it there is no room for a whole message.
            let room = LoopResources.batchSize - self.unsent.count
            if room >= Self.messageSize || self.isEnding { count = try self.layOutBatch(limit: room) }
        } catch {
            return self.violated("\(error)")
        }
        let batch = UnsafeMutableRawBufferPointer(rebasing: self.resources.outputBuffer[..<count])
        // Once: what the kernel does not take is kept as it is.
        self.outputNetwork?.apply(to: batch)
        self.send(UnsafeRawBufferPointer(batch))
        guard !self.isClosed else { return }
        // Frames that may not go out yet must not ask for a socket that is writable already, over and over.
        if self.session.hasOutput, self.maySendFrames { self.awaitsWritable = true }
        self.poller?.update(reading: true, writing: self.awaitsWritable)
        self.tellTouchedStreams()
        guard !self.isClosed else { return }
        self.closeIfAbandoned()
        self.progressClosing()
        self.chargeOutput()
        guard !self.isClosed else { return }
        // What was laid out may have been the end of streams in whose places others wait to be opened.
        self.serveOpenQueue()
        self.rearmTimer()
    }

    /// Charges the connection with what waits because the peer does not take it, in steps.
    private func chargeOutput() {
        let held = self.unsent.capacity + (self.waitingOutput + Self.chargeStep - 1) / Self.chargeStep * Self.chargeStep
        if self.charge(held - self.chargedOutput) { self.chargedOutput = held }
    }

    /// Sends what an earlier batch left, and `batch` behind it in the same call.
    private func send(_ batch: UnsafeRawBufferPointer) {
        guard self.unsent.count + batch.count > 0 else { return }
        let result = self.unsent.withUnsafeBytes { rest in
            rest.isEmpty ? self.socket.send(batch) : self.socket.sendVectored(rest, and: batch)
        }
        let sent: Int
        switch result {
        case .bytes(let count): sent = count
        case .wouldBlock, .endOfStream: sent = 0
        case .failed(let code): return self.sendFailed(code)
        }
        self.unsent.keep(batch, sent: sent, spares: &self.resources.spares)
        if !self.unsent.isEmpty { self.awaitsWritable = true }
    }

    /// The peer takes nothing any more, but what it sent before may still be there to read.
    ///
    /// A connection that ends at once does so with its own reason, and it may be in the middle of a receive: of its own or
    /// of another connection, whose bytes are in the loop's one buffer.
    private func sendFailed(_ code: Int32) {
        guard !self.isEnding else { return }
        self.receive(untilEnd: true)
        self.failed(code)
    }

    /// Seals messages into the loop's output buffer until `limit` bytes of it are used or nothing waits; returns how many.
    private func layOutBatch(limit: Int) throws -> Int {
        let output = UnsafeMutableRawBufferPointer(rebasing: self.resources.outputBuffer[..<limit])
        var count = 0
        while output.count - count >= Self.messageOverhead + Self.smallestRoom {
            let room = min(output.count - count, Self.messageSize) - Self.messageOverhead
            let length = try self.layOutMessage(UnsafeMutableRawBufferPointer(rebasing: output[count...]), room: room)
            if length == 0 { break }
            count += length
        }
        return count
    }

    /// Seals one message of at most `room` bytes of plaintext into `target`; returns its length on the wire, 0 for none.
    private func layOutMessage(_ target: UnsafeMutableRawBufferPointer, room: Int) throws -> Int {
        guard let base = target.baseAddress, let staging = self.resources.stagingBuffer.baseAddress else { return 0 }
        var message = MessageLayout(
            body: base + NoiseLimits.lengthSize, staging: staging, cipher: self.resources.cipher)
        self.plaintextFirst.withUnsafeBytes { message.stage($0) }
        self.plaintextFirst = []
        var frame = self.nextFrame(room: room - message.count)
        guard frame != nil || message.count > 0 else { return 0 }
        try self.outputCipher.beginSeal(using: self.resources.cipher)
        while let next = frame {
            message.stage(next.header)
            if let id = next.stream { self.layOut(next, of: id, in: &message) }
            frame = self.nextFrame(room: room - message.count)
        }
        let length = message.finish()
        target.storeBytes(of: UInt16(length).bigEndian, as: UInt16.self)
        return NoiseLimits.lengthSize + length
    }

    /// A dialer may send frames behind its only muxer proposal; a listener's wait for the dialer's.
    private var maySendFrames: Bool { self.muxerNegotiation?.isOptimistic ?? true }

    private func nextFrame(room: Int) -> YamuxSession.OutboundFrame? {
        guard room >= Self.smallestRoom, self.maySendFrames else { return nil }
        return self.session.nextFrame(maximumPayload: room - YamuxHeader.length)
    }

    private func layOut(_ frame: YamuxSession.OutboundFrame, of id: YamuxStreamID, in message: inout MessageLayout) {
        guard let stream = self.entry(id)?.stream else {
            precondition(frame.payload == 0, "a stream that is gone has output")
            return
        }
        if frame.payload > 0 {
            self.waitingOutput -= frame.payload
            stream.takeOutput(frame.payload) { piece in
                if piece.count >= Self.directSealSize { message.seal(piece) } else { message.stage(piece) }
            }
        }
        // Handlers are told when the message is sealed: they may call back in.
        if frame.payload > 0 || frame.endsStream {
            self.touched.append(TouchedStream(stream: stream, isFinished: frame.endsStream))
        }
        if frame.endsStream { self.forget(stream) }
    }

    private func tellTouchedStreams() {
        guard !self.touched.isEmpty else { return }
        // A handler may end the connection, which lays out and tells of a last batch; two lists take turns, so that neither
        // gives its memory back.
        var told: [TouchedStream] = []
        swap(&told, &self.told)
        swap(&told, &self.touched)
        for index in told.indices {
            self.lastServed = told[index].stream.yamuxID
            told[index].stream.outputTaken()
            if told[index].isFinished { told[index].stream.deliverFinished() }
        }
        told.removeAll(keepingCapacity: true)
        self.told = told
    }
}
