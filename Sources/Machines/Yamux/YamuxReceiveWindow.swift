import Bytes

/// How much a peer may send on a stream, and when it is told that it may send more.
///
/// Credit is given back only for what the reader consumed, in steps of half a window, so that a slow reader stops its
/// sender. A window that is used up faster than a round trip takes is too small for the path: it asks to grow fourfold,
/// up to four times the product of the measured rate and the round trip.
struct YamuxReceiveWindow {
    /// The window's full size, in bytes.
    private(set) var size = YamuxConfiguration.initialWindow
    /// How many bytes the peer may still send.
    private(set) var credit = YamuxConfiguration.initialWindow
    /// How many bytes were consumed that the peer has no new credit for.
    private(set) var consumed = 0
    private var lastGrant: Instant?

    /// Takes `count` bytes of the credit; false where the peer has not as much.
    mutating func receive(_ count: Int) -> Bool {
        guard count <= self.credit else { return false }
        self.credit -= count
        return true
    }

    /// Notes that the reader took `count` bytes; returns the credit to grant now, 0 while it is too little to tell.
    mutating func consume(_ count: Int) -> Int {
        precondition(count >= 0 && count <= self.size - self.credit - self.consumed, "more was read than came in")
        self.consumed += count
        guard self.consumed >= self.size / 2 else { return 0 }
        let grant = self.consumed
        self.credit += grant
        self.consumed = 0
        return grant
    }

    /// How much larger the window should be, judged at a grant of `grant` bytes; 0 where it is large enough.
    mutating func growth(atGrant grant: Int, now: Instant, roundTrip: Duration?, maximum: Int) -> Int {
        defer { self.lastGrant = now }
        guard let lastGrant, let roundTrip, self.size < maximum else { return 0 }
        let elapsed = max((now - lastGrant).saturatingNanoseconds, 1)
        // The product of rate and delay is grant / elapsed * roundTrip.
        let product = Double(grant) / Double(elapsed) * Double(roundTrip.saturatingNanoseconds)
        guard Double(self.size) < 4 * product else { return 0 }
        return min(self.size * 4, maximum) - self.size
    }

    mutating func grow(by count: Int) {
        self.size += count
        self.credit += count
    }
}
