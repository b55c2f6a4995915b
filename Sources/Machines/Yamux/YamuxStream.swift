import Bytes

/// Names a stream of one session: its number on the wire and its place in the session's table.
public struct YamuxStreamID: Hashable, Sendable {
    /// Odd for streams that the dialer began, even for the listener's.
    public let number: UInt32
    /// A small index that a live stream shares with no other; the connection keeps its own table by it.
    public let slot: Int
    /// Tells the stream from earlier ones of the same number: a peer may use a number again, and what was meant for
    /// the old stream must not reach the new one.
    public let generation: UInt32

    public init(number: UInt32, slot: Int, generation: UInt32) {
        self.number = number
        self.slot = slot
        self.generation = generation
    }
}

/// One stream's state: two windows and what has yet to be said about it.
struct YamuxStream {
    let number: UInt32
    /// Set by the table.
    var generation: UInt32 = 0
    /// How many bytes the peer lets us send.
    var sendWindow = YamuxConfiguration.initialWindow
    /// How many bytes of output wait for frames.
    var pendingOutput = 0
    var receive = YamuxReceiveWindow()
    /// Window that the peer has not been told of yet, in bytes.
    var windowDelta = 0

    /// The peer has accepted the stream, or we have told it that we accept.
    var acknowledged = false
    var beginPending: Bool
    var acceptPending: Bool
    var finishPending = false
    var finishSent = false
    var finishReceived = false
    var resetPending: UInt32?
    /// The application reads no more: what still comes is thrown away.
    var discards = false
    /// When the peer should have ended its half of a stream that nobody reads, and what stood between our half and its
    /// end when that time began to run.
    var lingerDeadline = Instant.zero
    var lingerOutput: Int?

    /// What a slot without a stream holds.
    static let free = YamuxStream(number: 0, beginPending: false, acceptPending: false)

    /// A stream that we begin.
    static func begun(number: UInt32) -> YamuxStream {
        YamuxStream(number: number, beginPending: true, acceptPending: false)
    }

    /// A stream that the peer begins.
    static func accepted(number: UInt32) -> YamuxStream {
        YamuxStream(number: number, beginPending: false, acceptPending: true)
    }

    /// Whether the peer's frames mean anything: not before it was told of the stream, nor after we have reset it.
    ///
    /// A reset of both sides at once so ends the stream like one of ours, with the frame that tells the peer.
    var isHeard: Bool { !self.beginPending && self.resetPending == nil }

    var hasControlToSend: Bool {
        self.beginPending || self.windowDelta > 0 || (self.finishPending && self.pendingOutput == 0)
    }

    var hasSomethingToSend: Bool {
        self.resetPending != nil || self.hasControlToSend || (self.pendingOutput > 0 && self.sendWindow > 0)
    }

    /// How many bytes have to be sent before our half ends; nil while the application may still write.
    var outputBeforeEnd: Int? { self.finishPending || self.finishSent ? self.pendingOutput : nil }

    /// Both halves have ended and nothing more will be said of the stream.
    var isFinished: Bool { self.finishSent && self.finishReceived }
}
