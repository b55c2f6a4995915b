public import Bytes
public import Cryptography

/// One direction of an established session: a key and the number of messages sealed or opened with it (Noise,
/// section 5.1).
///
/// It cannot be copied, so no nonce is used twice. The work is done in the context of the loop that owns the session.
public struct NoiseCipherState: ~Copyable, Sendable {
    @usableFromInline var key: ChaChaPolyKey
    /// How many messages were sealed or opened, which is the nonce of the next.
    @usableFromInline var counter: UInt64

    init(key: consuming ChaChaPolyKey, counter: UInt64 = 0) {
        self.key = key
        self.counter = counter
    }

    /// Writes the message of `plaintext` to `output`, which has room for 16 bytes more; `output` may be its memory.
    ///
    /// The length in front of a message is the caller's to write, and the plaintext is at most
    /// `NoiseLimits.maximumPlaintextSize` bytes.
    @inlinable public mutating func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer, using context: ChaChaPolyContext
    ) throws(NoiseError) {
        assert(plaintext.count <= NoiseLimits.maximumPlaintextSize)
        let nonce = try self.nextNonce()
        context.seal(key: self.key, nonce: nonce, plaintext: plaintext, into: output)
    }

    /// Begins a message whose parts the caller hands to the context: `updateSeal` for each, then `finishSeal`.
    @inlinable public mutating func beginSeal(using context: ChaChaPolyContext) throws(NoiseError) {
        let nonce = try self.nextNonce()
        context.beginSeal(key: self.key, nonce: nonce)
    }

    /// Writes the plaintext of `message` to `output`, which has room for 16 bytes less; `output` may be its memory.
    ///
    /// An error ends the session: a message was changed, lost, repeated or put elsewhere on the way.
    @inlinable public mutating func open(
        _ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer, using context: ChaChaPolyContext
    ) throws(NoiseError) {
        let nonce = try self.nextNonce()
        let isAuthentic = context.open(key: self.key, nonce: nonce, ciphertext: message, into: output)
        guard Defence.noiseTag.holds(isAuthentic) else {
            throw .transportAuthenticationFailed(message: nonce)
        }
    }

    /// Overwrites the key, when the session ends.
    public mutating func wipe() {
        self.key.wipe()
        self.counter = .max
    }

    /// The next nonce. The last one of 64 bits is never used and nothing follows it (Noise, section 5.1).
    @inlinable mutating func nextNonce() throws(NoiseError) -> UInt64 {
        let nonce = self.counter
        guard nonce < .max else { throw .nonceExhausted }
        self.counter = nonce + 1
        return nonce
    }
}
