import Bytes
import Transport

/// Bytes of a perf exchange that are yet to be written: zeros, all of them the same memory.
struct PerfPayload {
    /// Every write is this block or the front of it, so that memory stays flat however much is sent.
    private static let block = Bytes(unsafeUninitializedCapacity: 64 * 1024) { memory in
        memory.initializeMemory(as: UInt8.self, repeating: 0).count
    }

    private(set) var remaining: UInt64

    init(count: UInt64) { self.remaining = count }

    /// Writes as much as the stream has room for now; true where that was all.
    mutating func write(to stream: LoopStream) -> Bool {
        while self.remaining > 0 {
            guard stream.isWritable else { return false }
            let count = Int(min(self.remaining, UInt64(Self.block.count)))
            stream.write(Self.block[0..<count])
            self.remaining -= UInt64(count)
        }
        return true
    }
}
