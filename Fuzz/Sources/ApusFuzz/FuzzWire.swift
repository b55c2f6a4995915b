import Bytes

/// One direction between two ends: what was sent and has not arrived yet, and what is done to it on the way.
struct FuzzWire {
    /// An end sends nothing, and nobody adds anything, while more than this is on its way.
    private let limit: Int
    private var bytes: [UInt8] = []
    /// Where what has not arrived begins.
    private var head = 0
    /// Where the last two pieces begin that were sent, such as frames or messages.
    private var lastPieces = (0, 0)
    /// Whether what arrives is other than what was sent.
    private(set) var isDamaged = false

    /// By default there is room for more than a window.
    init(limit: Int = 512 * 1024) { self.limit = limit }

    var count: Int { self.bytes.count - self.head }
    var isFull: Bool { self.count > self.limit }

    mutating func send(_ piece: Bytes) {
        self.lastPieces = (self.lastPieces.1, self.bytes.count)
        self.bytes.append(piece)
    }

    /// Sends a piece that `write` appends.
    mutating func send(_ write: (inout [UInt8]) -> Void) {
        self.lastPieces = (self.lastPieces.1, self.bytes.count)
        write(&self.bytes)
    }

    /// What arrives next: as many bytes as there are of `count`.
    mutating func deliver(_ count: Int) -> Bytes {
        let end = self.head + min(count, self.count)
        let arrived = self.bytes.withUnsafeBytes {
            Bytes(copying: UnsafeRawBufferPointer(rebasing: $0[self.head..<end]))
        }
        self.head = end
        if self.head == self.bytes.count {
            self.bytes.removeAll(keepingCapacity: true)
            self.head = 0
            self.lastPieces = (0, 0)
        } else if self.head > self.count + 65_536 {
            // What arrived makes room, though the way is never empty.
            self.bytes.removeFirst(self.head)
            self.lastPieces = (max(self.lastPieces.0 - self.head, 0), max(self.lastPieces.1 - self.head, 0))
            self.head = 0
        }
        return arrived
    }

    /// Changes, drops, doubles, reorders or injects bytes, or whole pieces, as the script says.
    mutating func damage(_ script: inout FuzzScript) {
        let kind = script.byte()
        let before = Bytes(self.bytes)
        let start = self.head + (self.count == 0 ? 0 : script.number() % self.count)
        guard !self.isFull || ![2, 4, 6].contains(kind & 7) else { return }
        switch kind & 7 {
        case 0: if self.count > 0 { self.bytes[start] ^= script.byte() }
        case 1: self.bytes.removeSubrange(start..<self.end(of: start, Int(script.byte())))
        case 2: self.bytes.insert(contentsOf: self.bytes[start..<self.end(of: start, Int(script.byte()))], at: start)
        case 3:
            let middle = self.end(of: start, Int(script.byte()))
            self.exchange(start, middle, self.end(of: middle, Int(script.byte())))
        case 4: self.bytes.insert(contentsOf: Array(script.take(Int(script.byte()))), at: start)
        case 5: self.bytes.removeSubrange(self.lastPiece...)
        case 6: self.bytes += self.bytes[self.lastPiece...]
        default: self.exchange(max(self.lastPieces.0, self.head), self.lastPiece, self.bytes.count)
        }
        self.lastPieces = (self.bytes.count, self.bytes.count)
        self.isDamaged = self.isDamaged || !before.isSame(as: self.bytes)
    }

    /// Puts a piece of somebody else behind what was sent.
    mutating func inject(_ piece: Bytes) {
        guard !self.isFull else { return }
        self.send(piece)
        self.isDamaged = self.isDamaged || !piece.isEmpty
    }

    private var lastPiece: Int { min(max(self.lastPieces.1, self.head), self.bytes.count) }

    private func end(of start: Int, _ count: Int) -> Int { min(start + count, self.bytes.count) }

    private mutating func exchange(_ start: Int, _ middle: Int, _ end: Int) {
        let (first, second) = (Array(self.bytes[start..<middle]), Array(self.bytes[middle..<end]))
        self.bytes.replaceSubrange(start..<end, with: second + first)
    }
}
