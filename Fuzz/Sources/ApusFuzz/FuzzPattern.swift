import Bytes
import Glibc

/// What a stream carries: bytes that follow from the stream and the place in it, so that any that is lost, changed or put
/// elsewhere is seen.
enum FuzzPattern {
    /// A prime, so that no frame size repeats it.
    private static let period = 65_521

    private static let material: Bytes = {
        var generator = FixedGenerator(seed: 6)
        return Bytes((0..<Self.period).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }()

    /// Appends the `count` bytes from `offset` on of what is sent under `number`.
    static func append(_ number: Int, offset: Int, count: Int, to bytes: inout [UInt8]) {
        self.pieces(number, offset, count) { piece in
            bytes.append(piece)
            return true
        }
    }

    /// Whether `bytes` are those from `offset` on of what is sent under `number`.
    static func matches(_ bytes: Bytes, _ number: Int, offset: Int) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var position = 0
            return self.pieces(number, offset, bytes.count) { piece in
                defer { position += piece.count }
                // Not `==`: the fuzzer looks at each comparison of the code it was built into, one for every eight bytes.
                return piece.withUnsafeBytes { piece in
                    guard let left = bytes.baseAddress, let right = piece.baseAddress else { return piece.isEmpty }
                    return memcmp(left + position, right, piece.count) == 0
                }
            }
        }
    }

    /// Goes through the pieces of the material that lie together; stops at the first that is refused.
    @discardableResult
    private static func pieces(_ number: Int, _ offset: Int, _ count: Int, _ body: (Bytes) -> Bool) -> Bool {
        var (start, left) = ((number &* 7_919 &+ offset) % Self.period, count)
        while left > 0 {
            let end = min(start + left, Self.period)
            guard body(Self.material[start..<end]) else { return false }
            left -= end - start
            start = 0
        }
        return true
    }
}

extension [UInt8] {
    /// Appends all at once: a sequence of any kind is appended byte by byte.
    mutating func append(_ bytes: Bytes) {
        bytes.withUnsafeBytes { self.append(contentsOf: $0) }
    }
}

extension Bytes {
    /// Whether the bytes are the same, compared by the C library.
    func isSame(as bytes: [UInt8]) -> Bool {
        guard self.count == bytes.count else { return false }
        return self.withUnsafeBytes { left in
            bytes.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, bytes.count) == 0
            }
        }
    }
}
