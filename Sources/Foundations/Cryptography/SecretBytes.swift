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

    /// Lets `body` read the bytes as `Bytes`; what it keeps of them must be copies, as they are overwritten at the end.
    func withBytes<Result, E: Error>(_ body: (Bytes) throws(E) -> Result) throws(E) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(Bytes(sharing: self.storage, offset: 0, count: self.count))
    }

    /// A copy for an encoder; it is not overwritten when its holder lets go of it.
    func copy() -> Bytes {
        self.withUnsafeBytes { Bytes(copying: $0) }
    }
}
