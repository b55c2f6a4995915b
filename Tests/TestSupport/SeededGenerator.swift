public import Bytes

/// SplitMix64: the same seed gives the same numbers in every process, so a failing test fails again.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// The generator of one seed.
    public init(seed: UInt64) { self.state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// So many bytes.
    public mutating func bytes(_ count: Int) -> Bytes {
        Bytes((0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) })
    }

    /// As many bytes as the range allows.
    public mutating func bytes(count: ClosedRange<Int>) -> Bytes {
        self.bytes(Int.random(in: count, using: &self))
    }

    /// A copy of `original` after one to four random changes: a bit, a byte, an insertion, a removal or a cut.
    public mutating func mutated(_ original: Bytes) -> Bytes {
        var bytes = Array(original)
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<8, using: &self) {
            case 0, 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2, 3: bytes[index] = .random(in: .min ... .max, using: &self)
            case 4: bytes.insert(.random(in: .min ... .max, using: &self), at: index)
            case 5: bytes.remove(at: index)
            case 6: bytes.removeSubrange(index...)
            default: bytes.append(contentsOf: bytes[index...])
            }
        }
        return Bytes(bytes)
    }
}
