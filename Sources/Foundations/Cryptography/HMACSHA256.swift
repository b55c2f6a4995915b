/// HMAC with SHA-256 (RFC 2104).
///
/// Like the hash it is a plain value: a copy forks it, so that one key is absorbed once for several messages.
public struct HMACSHA256: Sendable {
    /// Bytes in an authentication code.
    public static let codeSize = SHA256.digestSize

    private var inner = SHA256()
    private var outer = SHA256()

    /// Absorbs a key of any length.
    public init(key: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: SHA256.blockSize, alignment: 8) { block in
            block.initializeMemory(as: UInt8.self, repeating: 0)
            if key.count > SHA256.blockSize {
                SHA256.hash(key, into: block)
            } else {
                block.copyMemory(from: key)
            }
            for index in block.indices { block[index] ^= 0x36 }
            self.inner.update(UnsafeRawBufferPointer(block))
            for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
            self.outer.update(UnsafeRawBufferPointer(block))
            wipe(block)
        }
    }

    /// Absorbs more of the message.
    public mutating func update(_ input: UnsafeRawBufferPointer) {
        self.inner.update(input)
    }

    /// Writes the code to the first 32 bytes of `output`, which must have room for it.
    public consuming func finish(into output: UnsafeMutableRawBufferPointer) {
        let (inner, outer) = (self.inner, self.outer)
        inner.finish(into: output)
        var hash = outer
        hash.update(UnsafeRawBufferPointer(rebasing: output[..<SHA256.digestSize]))
        hash.finish(into: output)
    }
}
