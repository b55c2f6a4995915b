import Bytes
import Testing

@testable import Yamux

struct YamuxIdleFramesTests {
    /// How many of 1,000 frames at `now` are taken.
    private func taken(_ frames: inout YamuxIdleFrames, at now: Instant) -> Int {
        var count = 0
        for _ in 0..<1_000 where frames.take(now: now) { count += 1 }
        return count
    }

    @Test func `a burst is free, and then one a millisecond`() {
        var frames = YamuxIdleFrames(burst: 100)
        #expect(self.taken(&frames, at: .zero) == 100)
        #expect(self.taken(&frames, at: .zero + .milliseconds(7)) == 7)
        var paced = 0
        for count in 8..<1_008 where frames.take(now: .zero + .milliseconds(count)) { paced += 1 }
        #expect(paced == 1_000)
    }

    @Test func `whoever gets data may say so for each frame of it`() {
        var frames = YamuxIdleFrames(burst: 100)
        #expect(self.taken(&frames, at: .zero) == 100)
        for _ in 0..<50 { frames.sentData() }
        #expect(self.taken(&frames, at: .zero) == 50)
    }

    @Test func `a clock at its ends traps nothing`() {
        var frames = YamuxIdleFrames(burst: 1)
        #expect(self.taken(&frames, at: Instant(nanoseconds: .min)) == 1)
        #expect(self.taken(&frames, at: .distantFuture) == 1)
    }
}
