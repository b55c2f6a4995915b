/// The key derivation of RFC 5869 with SHA-256.
public enum HKDF {
    /// The most bytes that one derivation gives (RFC 5869, section 2.3).
    public static let maximumOutputSize = 255 * SHA256.digestSize

    /// Fills `output` with key material.
    ///
    /// Noise's `HKDF(chaining_key, input_key_material, n)` is this with the chaining key as the salt, no `info` and
    /// n times 32 bytes of output (Noise, section 4.3).
    public static func derive(
        salt: UnsafeRawBufferPointer, inputKeyMaterial: UnsafeRawBufferPointer,
        info: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count <= Self.maximumOutputSize, "HKDF gives at most 8,160 bytes")
        withUnsafeTemporaryAllocation(byteCount: SHA256.digestSize, alignment: 8) { block in
            var extract = HMACSHA256(key: salt)
            extract.update(inputKeyMaterial)
            extract.finish(into: block)
            let expand = HMACSHA256(key: UnsafeRawBufferPointer(block))
            var counter: UInt8 = 0
            for start in stride(from: 0, to: output.count, by: SHA256.digestSize) {
                counter += 1
                var hash = expand
                if start > 0 { hash.update(UnsafeRawBufferPointer(block)) }
                hash.update(info)
                withUnsafeBytes(of: counter) { hash.update($0) }
                hash.finish(into: block)
                let count = min(SHA256.digestSize, output.count - start)
                output[start..<start + count].copyBytes(from: block[..<count])
            }
            wipe(block)
        }
    }
}
