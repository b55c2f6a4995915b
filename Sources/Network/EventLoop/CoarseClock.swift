#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A monotonic clock that is read in a few nanoseconds and resolves a few milliseconds: enough to see that a callback
/// held its loop for 100 ms, and cheap enough to look after each one.
enum CoarseClock {
    /// Nanoseconds since an arbitrary point.
    static func nanoseconds() -> Int64 {
        #if canImport(Darwin)
            return Int64(truncatingIfNeeded: clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW_APPROX))
        #else
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
            return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        #endif
    }
}
