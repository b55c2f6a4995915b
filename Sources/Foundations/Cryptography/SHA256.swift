public import Bytes
internal import COpenSSL

/// SHA-256 (FIPS 180-4), of one piece of input or of several.
///
/// The state is a plain value: copying it forks the hash, and nothing is allocated. OpenSSL's functions on such a state
/// are used because the ones that fetch the algorithm first cost three times as much at the 64 bytes of a handshake.
public struct SHA256: Sendable {
    /// Bytes in a digest.
    public static let digestSize = 32
    /// Bytes that one step of the compression function takes, which is HMAC's block.
    public static let blockSize = 64

    private var state = SHA256_CTX()

    public init() {
        SHA256_Init(&self.state)
    }

    /// Hashes more input.
    public mutating func update(_ input: UnsafeRawBufferPointer) {
        SHA256_Update(&self.state, input.baseAddress, input.count)
    }

    /// Hashes more input.
    public mutating func update(_ input: Bytes) {
        input.withUnsafeBytes { self.update($0) }
    }

    /// Writes the digest of all input to the first 32 bytes of `output`, which must have room for it.
    public consuming func finish(into output: UnsafeMutableRawBufferPointer) {
        precondition(output.count >= Self.digestSize, "a SHA-256 digest has 32 bytes")
        SHA256_Final(output.assumingMemoryBound(to: UInt8.self).baseAddress, &self.state)
    }

    /// The digest of all input: 32 bytes.
    public consuming func finish() -> Bytes {
        let hash = self
        return Bytes(unsafeUninitializedCapacity: Self.digestSize) { output in
            hash.finish(into: output)
            return Self.digestSize
        }
    }

    /// The digest of `input`: 32 bytes.
    public static func hash(_ input: UnsafeRawBufferPointer) -> Bytes {
        var hash = SHA256()
        hash.update(input)
        return hash.finish()
    }

    /// The digest of `input`: 32 bytes.
    public static func hash(_ input: Bytes) -> Bytes {
        input.withUnsafeBytes { Self.hash($0) }
    }

    /// Writes the digest of `input` to the first 32 bytes of `output`, which must have room for it.
    public static func hash(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        var hash = SHA256()
        hash.update(input)
        hash.finish(into: output)
    }
}
