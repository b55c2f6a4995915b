/// Names a stream among its connection's: the muxer's number for it and its place in the muxer's table.
package struct StreamKey: Hashable, Sendable {
    package let number: UInt64
    package let slot: Int
    /// Tells the stream from earlier ones of the same number.
    package let generation: UInt32

    package init(number: UInt64, slot: Int, generation: UInt32) {
        self.number = number
        self.slot = slot
        self.generation = generation
    }
}

/// What a stream asks of the connection that carries it, on the connection's loop.
package protocol StreamDriver: AnyObject {
    /// The two sides agreed on a protocol. Throws where there may not be one more stream of it.
    func streamAgreed(_ stream: LoopStream, on protocolID: String) throws(ResourceLimitError)
    /// `count` more bytes wait in the stream's output.
    func streamOffers(_ stream: LoopStream, count: Int)
    /// Our half ends when the waiting output is sent.
    func streamClosesWrite(_ stream: LoopStream)
    /// The stream's reader took `count` bytes.
    func streamConsumed(_ stream: LoopStream, count: Int)
    /// The reader wants no more: what comes is thrown away.
    func streamStopsReading(_ stream: LoopStream)
    func streamResets(_ stream: LoopStream, code: UInt32)
}

/// Agrees on a stream's protocol in front of the stream's handler.
package protocol StreamNegotiation: AnyObject {
    /// Looks at the next data; returns how much of it belongs to the negotiation. When the negotiation is done it takes
    /// itself out of the stream, and what is left goes to the stream's handler.
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) -> Int
    /// The stream ended before the negotiation did.
    func ended(_ stream: LoopStream, _ reason: StreamCloseReason)
}
