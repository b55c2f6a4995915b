import Bytes

/// SplitMix64: the same seed gives the same numbers in every process, so a failing seed can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> Bytes {
        Bytes((0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) })
    }

    mutating func bytes(count: ClosedRange<Int>) -> Bytes {
        self.bytes(Int.random(in: count, using: &self))
    }
}
