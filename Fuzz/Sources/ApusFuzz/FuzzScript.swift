import Bytes

/// A fuzz input that says what happens in a session, byte by byte; behind its end there are zeros.
struct FuzzScript {
    private let bytes: Bytes
    private var position = 0

    init(_ bytes: Bytes) { self.bytes = bytes }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func byte() -> UInt8 {
        guard !self.isAtEnd else { return 0 }
        defer { self.position += 1 }
        return self.bytes[self.position]
    }

    /// Two bytes as a number.
    mutating func number() -> Int { Int(self.byte()) << 8 | Int(self.byte()) }

    /// The next bytes, as many as there are of `count`.
    mutating func take(_ count: Int) -> Bytes {
        let end = min(self.position + count, self.bytes.count)
        defer { self.position = end }
        return self.bytes[self.position..<end]
    }
}
