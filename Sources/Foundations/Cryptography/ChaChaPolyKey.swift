internal import CSodium

/// A key of ChaCha20-Poly1305: 32 bytes held in place.
///
/// It cannot be copied, so that no second counter of nonces grows beside the first. A value that is moved leaves bytes
/// behind, and Swift runs no code on the last place of one: the owner that knows the end calls `wipe`.
public struct ChaChaPolyKey: ~Copyable, Sendable {
    /// Bytes in a key.
    public static let size = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Copies the first 32 bytes of `bytes`, which must have as many.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count >= Self.size, "a ChaCha20-Poly1305 key has 32 bytes")
        withUnsafeMutableBytes(of: &self.words) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<Self.size]))
        }
    }

    /// Overwrites the key; what is sealed with it afterwards is readable for everybody.
    public mutating func wipe() {
        withUnsafeMutableBytes(of: &self.words) { Cryptography.wipe($0) }
    }

    func withUnsafeBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        Swift.withUnsafePointer(to: self.words) { words in
            words.withMemoryRebound(to: UInt8.self, capacity: Self.size, body)
        }
    }
}
