public import Bytes

/// Names a stream among its connection's: the muxer's number for it and its place in the muxer's table.
package struct StreamKey: Hashable, Sendable {
    package let number: UInt64
    package let slot: Int

    package init(number: UInt64, slot: Int) {
        self.number = number
        self.slot = slot
    }
}

/// What a stream asks of the connection that carries it, on the connection's loop.
package protocol StreamDriver: AnyObject {
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
