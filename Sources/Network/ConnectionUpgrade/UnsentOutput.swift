/// Sealed bytes that the kernel did not take: they go out in front of the next batch.
struct UnsentOutput {
    private var bytes: [UInt8]
    private var start = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    var isEmpty: Bool { self.count == 0 }
    var count: Int { self.bytes.count - self.start }
    /// How many bytes of memory they hold.
    var capacity: Int { self.bytes.capacity }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        self.bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[self.start...])) }
    }

    /// Keeps what the kernel left, when it took the first `sent` bytes of these and of `batch` behind them.
    mutating func keep(_ batch: UnsafeRawBufferPointer, sent: Int, spares: inout SpareBuffers) {
        let sentOfBatch = sent - self.count
        if sentOfBatch < 0 {
            self.start += sent
            if !batch.isEmpty {
                // What was sent in front must not add up, however little the kernel takes each time.
                self.bytes.removeFirst(self.start)
                self.start = 0
                self.bytes.append(contentsOf: batch)
            }
        } else {
            if self.bytes.isEmpty, sentOfBatch < batch.count { self.bytes = spares.takeArray() }
            self.bytes.removeAll(keepingCapacity: true)
            self.bytes.append(contentsOf: batch[sentOfBatch...])
            self.start = 0
        }
        if self.bytes.isEmpty {
            spares.giveBack(self.bytes)
            self.bytes = []
        }
    }
}
