import Bytes

/// How many frames a peer may send that cost it nothing and move nothing: pings, GoAways and small window updates.
///
/// A burst is free, and one more a millisecond or for each frame of data that it gets: some peers give back every byte as
/// they read it.
struct YamuxIdleFrames {
    /// Window updates of fewer bytes count; Go's, Rust's and our own are of half a window.
    static let smallUpdate = 1_024
    private static let interval = Duration.milliseconds(1).saturatingNanoseconds

    private let burst: Int
    private var used = 0
    private var since = Instant.zero

    init(burst: Int) { self.burst = burst }

    /// Counts one frame; false where it is one too many.
    mutating func take(now: Instant) -> Bool {
        let back = (now - self.since).saturatingNanoseconds / Self.interval
        if back > 0 {
            self.used = max(self.used - Int(clamping: back), 0)
            self.since = now
        }
        guard self.used < self.burst else { return false }
        self.used += 1
        return true
    }

    /// Notes a frame of data that was sent.
    mutating func sentData() {
        if self.used > 0 { self.used -= 1 }
    }
}
