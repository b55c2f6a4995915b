public import Bytes
internal import CSodium

/// The operating system's randomness, fit for keys.
///
/// Machines never use it: they take the generator as an argument, so that a test can replay them.
public struct SystemRandom: RandomNumberGenerator, Sendable {
    /// Never read. A variable of a type without a size has no address, and what an `inout` argument passes instead is one
    /// that ThreadSanitizer, which looks at it, ends the program for.
    private let size: UInt8 = 0

    public init() {
        Sodium.start()
    }

    public mutating func next() -> UInt64 {
        var word: UInt64 = 0
        randombytes_buf(&word, MemoryLayout<UInt64>.size)
        return word
    }

    /// Overwrites `memory` with random bytes.
    public func fill(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return }
        randombytes_buf(base, memory.count)
    }

    /// As many random bytes as `count` says.
    public static func bytes(_ count: Int) -> Bytes {
        Bytes(unsafeUninitializedCapacity: count) { memory in
            SystemRandom().fill(memory)
            return count
        }
    }
}

extension RandomNumberGenerator {
    /// Overwrites `memory` with the generator's words, each little-endian, so that a seed gives the same bytes anywhere.
    public mutating func fill(_ memory: UnsafeMutableRawBufferPointer) {
        for start in stride(from: 0, to: memory.count, by: 8) {
            withUnsafeBytes(of: self.next().littleEndian) { word in
                let count = min(8, memory.count - start)
                memory[start..<start + count].copyBytes(from: word[..<count])
            }
        }
    }

    /// As many bytes of the generator as `count` says.
    public mutating func bytes(_ count: Int) -> Bytes {
        Bytes(unsafeUninitializedCapacity: count) { memory in
            self.fill(memory)
            return count
        }
    }
}
