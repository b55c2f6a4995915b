internal import COpenSSL

/// The working memory of ChaCha20-Poly1305 (RFC 8439), made once for an event loop and used for every frame on it.
///
/// Keys and counters belong to the connections: setting both anew costs 30 ns a frame, where a context for each
/// connection costs 1 KiB and naming the cipher anew 400 ns. Nothing here allocates. It is confined to its loop.
///
/// The methods hold on to the context while OpenSSL works in it: the optimizer may release an object right after the
/// last pointer was loaded from it.
public final class ChaChaPolyContext {
    /// Bytes by which a ciphertext is longer than its plaintext.
    public static let tagSize = 16

    private static let cipherName = "ChaCha20-Poly1305"

    private let sealing: OpaquePointer
    private let opening: OpaquePointer

    /// Fetches the cipher; it throws where OpenSSL is configured without it.
    public init() throws(CryptographyError) {
        guard let cipher = EVP_CIPHER_fetch(nil, Self.cipherName, nil) else {
            throw .cipherUnavailable(Self.cipherName)
        }
        defer { EVP_CIPHER_free(cipher) }
        guard let sealing = EVP_CIPHER_CTX_new() else { throw .cipherUnavailable(Self.cipherName) }
        guard let opening = EVP_CIPHER_CTX_new() else {
            EVP_CIPHER_CTX_free(sealing)
            throw .cipherUnavailable(Self.cipherName)
        }
        self.sealing = sealing
        self.opening = opening
        guard EVP_CipherInit_ex2(sealing, cipher, nil, nil, 1, nil) == 1,
            EVP_CipherInit_ex2(opening, cipher, nil, nil, 0, nil) == 1
        else { throw .cipherUnavailable(Self.cipherName) }
    }

    deinit {
        EVP_CIPHER_CTX_free(self.sealing)
        EVP_CIPHER_CTX_free(self.opening)
    }

    // MARK: Sealing

    /// Writes the ciphertext of `plaintext` and its tag to `output`, which has room for 16 bytes more than `plaintext`.
    ///
    /// `output` may be the memory of `plaintext` but must not overlap it in part. A pair of key and nonce is used once.
    public func seal(
        key: borrowing ChaChaPolyKey, nonce: UInt64, plaintext: UnsafeRawBufferPointer,
        authenticating associatedData: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        into output: UnsafeMutableRawPointer
    ) {
        self.beginSeal(key: key, nonce: nonce, authenticating: associatedData)
        self.updateSeal(plaintext, into: output)
        self.finishSeal(tagInto: output + plaintext.count)
    }

    /// Begins a ciphertext whose plaintext comes in parts; another seal may begin only after `finishSeal`.
    public func beginSeal(
        key: borrowing ChaChaPolyKey, nonce: UInt64,
        authenticating associatedData: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        defer { withExtendedLifetime(self) {} }
        Self.begin(self.sealing, key: key, nonce: nonce, associatedData: associatedData)
    }

    /// Writes the ciphertext of the next part to `output`, which has room for as many bytes as `part`.
    public func updateSeal(_ part: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer) {
        defer { withExtendedLifetime(self) {} }
        Self.update(self.sealing, part, into: output)
    }

    /// Ends the ciphertext and writes its tag to the 16 bytes at `output`.
    public func finishSeal(tagInto output: UnsafeMutableRawPointer) {
        defer { withExtendedLifetime(self) {} }
        var count: Int32 = 0
        let bytes = output.assumingMemoryBound(to: UInt8.self)
        let isSealed =
            EVP_CipherFinal_ex(self.sealing, bytes, &count) == 1
            && EVP_CIPHER_CTX_ctrl(self.sealing, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), output) == 1
        precondition(isSealed, "OpenSSL could not finish a ciphertext")
    }

    // MARK: Opening

    /// Writes the plaintext of `ciphertext`, which ends in its tag, to `output`, which has room for 16 bytes less.
    ///
    /// It answers false where the tag does not fit; then `output` holds zeros. `output` may be the memory of
    /// `ciphertext` but must not overlap it in part.
    public func open(
        key: borrowing ChaChaPolyKey, nonce: UInt64, ciphertext: UnsafeRawBufferPointer,
        authenticating associatedData: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        into output: UnsafeMutableRawPointer
    ) -> Bool {
        let count = ciphertext.count - Self.tagSize
        guard count >= 0, let base = ciphertext.baseAddress else { return false }
        defer { withExtendedLifetime(self) {} }
        Self.begin(self.opening, key: key, nonce: nonce, associatedData: associatedData)
        let tag = UnsafeMutableRawPointer(mutating: base + count)
        let isTagSet = EVP_CIPHER_CTX_ctrl(self.opening, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), tag) == 1
        precondition(isTagSet, "OpenSSL did not take a tag")
        Self.update(self.opening, UnsafeRawBufferPointer(start: base, count: count), into: output)
        var rest: Int32 = 0
        let end = (output + count).assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherFinal_ex(self.opening, end, &rest) == 1 else {
            wipe(UnsafeMutableRawBufferPointer(start: output, count: count))
            return false
        }
        return true
    }

    // MARK: Steps of both

    /// Sets key and nonce: four zero bytes and the counter in little-endian order (Noise, section 12.3).
    private static func begin(
        _ context: OpaquePointer, key: borrowing ChaChaPolyKey, nonce: UInt64, associatedData: UnsafeRawBufferPointer
    ) {
        let nonce = (UInt32(0), UInt32(truncatingIfNeeded: nonce).littleEndian, UInt32(nonce >> 32).littleEndian)
        let isBegun = key.withUnsafeBytes { key in
            withUnsafeBytes(of: nonce) { nonce in
                EVP_CipherInit_ex(
                    context, nil, nil, key, nonce.assumingMemoryBound(to: UInt8.self).baseAddress, -1) == 1
            }
        }
        precondition(isBegun, "OpenSSL did not take a key")
        guard !associatedData.isEmpty else { return }
        var count: Int32 = 0
        let bytes = associatedData.assumingMemoryBound(to: UInt8.self).baseAddress
        let isTaken = EVP_CipherUpdate(context, nil, &count, bytes, Int32(associatedData.count)) == 1
        precondition(isTaken, "OpenSSL did not take associated data")
    }

    /// An empty part is passed over: OpenSSL takes a null pointer for the end of the input.
    private static func update(
        _ context: OpaquePointer, _ part: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer
    ) {
        guard part.count > 0 else { return }
        var count: Int32 = 0
        let bytes = output.assumingMemoryBound(to: UInt8.self)
        let isDone = EVP_CipherUpdate(context, bytes, &count, part.cPointer, Int32(part.count)) == 1
        precondition(isDone && Int(count) == part.count, "OpenSSL did not process a part")
    }
}
