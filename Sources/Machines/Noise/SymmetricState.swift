internal import Bytes
internal import Cryptography

/// The chaining key, the transcript hash and the current cipher key of a handshake (Noise, section 5.2).
///
/// All three are overwritten when the handshake lets go of them; so each method holds on to the object for as long as it
/// uses pointers into it, which the optimizer does not know of.
final class SymmetricState {
    // The chaining key and the cipher key are the first and the second output of one derivation, and so side by side.
    private static let chainingKey = 0..<32
    private static let cipherKey = 32..<64
    private static let derived = 0..<64
    private static let hash = 64..<96

    private let storage = ByteStorage(capacity: 96)
    private var hasKey = false
    private var nonce: UInt64 = 0

    /// `InitializeSymmetric` for a protocol name of exactly 32 bytes, which is then its own hash.
    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        precondition(name.count == SHA256.digestSize, "the name of this module's protocol has 32 bytes")
        defer { withExtendedLifetime(self) {} }
        self.memory(Self.chainingKey).copyBytes(from: name)
        self.memory(Self.hash).copyBytes(from: name)
    }

    deinit {
        withExtendedLifetime(self.storage) { wipe($0.unsafeMutableBytes) }
    }

    /// How many bytes encryption adds: none before the first key.
    var tagSize: Int { self.hasKey ? ChaChaPolyContext.tagSize : 0 }

    /// The transcript hash, which names the session for a channel binding once the handshake is over.
    var transcriptHash: Bytes {
        withExtendedLifetime(self) { Bytes(copying: self.read(Self.hash)) }
    }

    func mixHash(_ data: UnsafeRawBufferPointer) {
        defer { withExtendedLifetime(self) {} }
        var hash = SHA256()
        hash.update(self.read(Self.hash))
        hash.update(data)
        hash.finish(into: self.memory(Self.hash))
    }

    /// Replaces chaining key and cipher key by what a Diffie-Hellman result makes of the chaining key.
    func mixKey(_ inputKeyMaterial: UnsafeRawBufferPointer) {
        defer { withExtendedLifetime(self) {} }
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { output in
            HKDF.derive(salt: self.read(Self.chainingKey), inputKeyMaterial: inputKeyMaterial, into: output)
            self.memory(Self.derived).copyMemory(from: UnsafeRawBufferPointer(output))
            wipe(output)
        }
        self.hasKey = true
        self.nonce = 0
    }

    func encryptAndHash(_ plaintext: Bytes, using context: ChaChaPolyContext) -> Bytes {
        defer { withExtendedLifetime(self) {} }
        let count = plaintext.count + self.tagSize
        let ciphertext = Bytes(unsafeUninitializedCapacity: count) { output in
            plaintext.withUnsafeBytes { plaintext in
                guard self.hasKey, let base = output.baseAddress else { return output.copyMemory(from: plaintext) }
                var key = ChaChaPolyKey(self.read(Self.cipherKey))
                context.seal(
                    key: key, nonce: self.nonce, plaintext: plaintext, authenticating: self.read(Self.hash), into: base)
                key.wipe()
            }
            return count
        }
        if self.hasKey { self.nonce += 1 }
        ciphertext.withUnsafeBytes { self.mixHash($0) }
        return ciphertext
    }

    /// The plaintext, or nil where the ciphertext was changed or belongs to another transcript.
    func decryptAndHash(_ ciphertext: Bytes, using context: ChaChaPolyContext) -> Bytes? {
        defer { withExtendedLifetime(self) {} }
        guard self.hasKey else {
            ciphertext.withUnsafeBytes { self.mixHash($0) }
            return ciphertext
        }
        guard ciphertext.count >= ChaChaPolyContext.tagSize else { return nil }
        var isOpened = false
        // There is room for the tag too, because the plaintext may be empty and the context needs an address.
        let plaintext = Bytes(unsafeUninitializedCapacity: ciphertext.count) { output in
            ciphertext.withUnsafeBytes { ciphertext in
                guard let base = output.baseAddress else { return 0 }
                var key = ChaChaPolyKey(self.read(Self.cipherKey))
                isOpened = context.open(
                    key: key, nonce: self.nonce, ciphertext: ciphertext, authenticating: self.read(Self.hash),
                    into: base)
                key.wipe()
                return ciphertext.count - ChaChaPolyContext.tagSize
            }
        }
        guard isOpened else { return nil }
        self.nonce += 1
        ciphertext.withUnsafeBytes { self.mixHash($0) }
        return plaintext
    }

    /// `Split`: the cipher states from the initiator to the responder and back.
    func split() -> NoiseCipherStates {
        defer { withExtendedLifetime(self) {} }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { output in
            HKDF.derive(
                salt: self.read(Self.chainingKey), inputKeyMaterial: UnsafeRawBufferPointer(start: nil, count: 0),
                into: output)
            defer { wipe(output) }
            return NoiseCipherStates(
                fromInitiator: NoiseCipherState(key: ChaChaPolyKey(UnsafeRawBufferPointer(rebasing: output[..<32]))),
                fromResponder: NoiseCipherState(key: ChaChaPolyKey(UnsafeRawBufferPointer(rebasing: output[32...]))))
        }
    }

    private func memory(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self.storage.unsafeMutableBytes[range])
    }

    private func read(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(self.memory(range)) }
}

/// What a handshake ends with.
struct NoiseCipherStates: ~Copyable {
    var fromInitiator: NoiseCipherState
    var fromResponder: NoiseCipherState
}
