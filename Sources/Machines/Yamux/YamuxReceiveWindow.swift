import Bytes

/// How much a peer may send on a stream, and when it is told that it may send more.
///
/// Credit is given back only for what the reader consumed, in steps of half a window, so that a slow reader stops its
/// sender. A window that is used up faster than a round trip takes is too small for the path: it asks to grow fourfold,
/// up to four times the product of the measured rate and the round trip. One of more than 64 times the product becomes
/// smaller by half, so that a stream that was fast once does not hold its memory for ever.
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

    /// Notes that the reader took `count` bytes; true when the peer is to be told, by `grant`.
    mutating func consume(_ count: Int) -> Bool {
        precondition(count >= 0 && count <= self.size - self.credit - self.consumed, "more was read than came in")
        self.consumed += count
        return self.consumed >= self.size / 2
    }

    /// Gives credit back for what was consumed.
    ///
    /// Returns the credit, and how the window changes with it: by how much it should be larger, which is for whoever has
    /// the memory to decide, or, below 0, by how much it has become smaller.
    mutating func grant(now: Instant, roundTrip: Duration?, maximum: Int) -> (credit: Int, change: Int) {
        let product = self.product(of: self.consumed, now: now, roundTrip: roundTrip)
        self.lastGrant = now
        var change = 0
        var granted = self.consumed
        if let product {
            if Double(self.size) < 4 * product {
                change = max(min(self.size * 4, maximum) - self.size, 0)
            } else if Double(self.size) > 64 * product {
                // Half a window was consumed, and half of it can be kept back.
                change = max(self.size / 2, YamuxConfiguration.initialWindow) - self.size
                granted += change
                self.size += change
            }
        }
        self.credit += granted
        self.consumed = 0
        return (granted, change)
    }

    /// The measured product of rate and round trip, in bytes; nil while either is not known.
    private func product(of grant: Int, now: Instant, roundTrip: Duration?) -> Double? {
        guard let lastGrant, let roundTrip else { return nil }
        let elapsed = max((now - lastGrant).saturatingNanoseconds, 1)
        // A peer that answers pings late would look like one that is far away.
        let bounded = min(roundTrip, YamuxConfiguration.longestRoundTrip)
        return Double(grant) / Double(elapsed) * Double(bounded.saturatingNanoseconds)
    }

    mutating func grow(by count: Int) {
        self.size += count
        self.credit += count
    }
}
