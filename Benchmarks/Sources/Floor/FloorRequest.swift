/// What a client asks for: the first ten bytes of a connection, in the clear.
struct FloorRequest {
    enum Direction: UInt8 {
        /// The client sends; the server answers with one byte.
        case upload
        /// The server sends.
        case download
        /// The server sends back what it gets, until the client goes.
        case echo
    }

    static let size = 10

    let direction: Direction
    /// Whether the frames are sealed; without, it is TCP alone that is measured.
    let isSealed: Bool
    /// How many bytes of payload are sent; for an echo, nobody asks.
    let count: Int

    var bytes: [UInt8] {
        [self.direction.rawValue, self.isSealed ? 1 : 0] + withUnsafeBytes(of: UInt64(self.count).bigEndian, Array.init)
    }

    init(_ direction: Direction, count: Int, isSealed: Bool) {
        self.direction = direction
        self.isSealed = isSealed
        self.count = count
    }

    /// Nil where the bytes are no request.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, let direction = Direction(rawValue: bytes[0]),
            let count = Int(exactly: bytes.dropFirst(2).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        else { return nil }
        self.init(direction, count: count, isSealed: bytes[1] == 1)
    }
}
