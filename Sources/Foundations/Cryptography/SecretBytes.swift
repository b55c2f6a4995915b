internal import Bytes
internal import CSodium

/// A private key's bytes, overwritten when the last holder lets go of them.
final class SecretBytes: Sendable {
    private let storage: ByteStorage

    var count: Int { self.storage.capacity }

    /// Allocates `count` bytes and lets `fill` write all of them.
    init<E: Error>(count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        self.storage = ByteStorage(capacity: count)
        try fill(self.storage.unsafeMutableBytes)
    }

    convenience init(copying bytes: Bytes) {
        self.init(count: bytes.count) { target in
            bytes.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    deinit {
        let memory = self.storage.unsafeMutableBytes
        sodium_memzero(memory.baseAddress, memory.count)
    }

    func withUnsafeBytes<Result, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Result
    ) throws(E) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(self.storage.unsafeMutableBytes))
    }

    /// A copy for an encoder; it is not overwritten when its holder lets go of it.
    func copy(_ range: Range<Int>) -> Bytes {
        self.withUnsafeBytes { Bytes(copying: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
