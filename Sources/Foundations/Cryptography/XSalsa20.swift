public import Bytes
internal import CSodium

/// The stream cipher XSalsa20 ("Extending the Salsa20 nonce", 2011), with libsodium: what private networks put around a
/// connection.
///
/// It goes on where the last call ended, at whatever byte that was, and encrypts and decrypts alike. It cannot be copied, so
/// no part of the key stream is used twice. It hides and does not protect: whoever changes a byte changes the plaintext.
public struct XSalsa20: ~Copyable, Sendable {
    /// Bytes in a key.
    public static let keySize = 32
    /// Bytes in a nonce.
    public static let nonceSize = 24
    /// Bytes that one step of the cipher gives.
    private static let blockSize = 64

    /// The key of many streams, overwritten when the last holder lets go of it.
    public struct Key: Sendable {
        let secret: SecretBytes

        /// Takes the 32 bytes of a key, or answers nil where there are more or fewer.
        public init?(_ bytes: Bytes) {
            guard bytes.count == XSalsa20.keySize else { return nil }
            self.secret = SecretBytes(copying: bytes)
        }
    }

    private let key: SecretBytes
    private let nonce: (UInt64, UInt64, UInt64)
    /// How many bytes were encrypted or decrypted.
    private var position: UInt64 = 0

    /// A stream at its beginning; `nonce` has 24 bytes, and no other stream of this key has the same.
    public init(key: Key, nonce: Bytes) {
        precondition(nonce.count == Self.nonceSize, "a nonce of XSalsa20 has 24 bytes")
        Sodium.start()
        self.key = key.secret
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &words) { words in nonce.withUnsafeBytes { words.copyMemory(from: $0) } }
        self.nonce = words
    }

    /// Encrypts or decrypts the next bytes where they stand.
    public mutating func apply(to memory: UnsafeMutableRawBufferPointer) {
        let begun = Int(self.position % UInt64(Self.blockSize))
        let first = begun == 0 ? 0 : min(Self.blockSize - begun, memory.count)
        if first > 0 { self.apply(within: UnsafeMutableRawBufferPointer(rebasing: memory[..<first]), behind: begun) }
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[first...])
        guard !rest.isEmpty else { return }
        self.add(to: rest.cPointer, count: rest.count)
        self.position += UInt64(rest.count)
    }

    /// Goes on in a block of which the first `begun` bytes are used up: libsodium begins with whole ones.
    private mutating func apply(within memory: UnsafeMutableRawBufferPointer, behind begun: Int) {
        withUnsafeTemporaryAllocation(byteCount: Self.blockSize, alignment: 16) { block in
            wipe(block)
            let part = UnsafeMutableRawBufferPointer(rebasing: block[begun..<begun + memory.count])
            part.copyMemory(from: UnsafeRawBufferPointer(memory))
            self.add(to: block.cPointer, count: Self.blockSize)
            memory.copyMemory(from: UnsafeRawBufferPointer(part))
            // What is left of the key stream is of bytes to come.
            wipe(block)
        }
        self.position += UInt64(memory.count)
    }

    /// Adds the key stream from the block on that the position is in.
    private func add(to bytes: UnsafeMutablePointer<UInt8>, count: Int) {
        let block = self.position / UInt64(Self.blockSize)
        withUnsafeBytes(of: self.nonce) { nonce in
            self.key.withCPointer { key in
                _ = crypto_stream_xsalsa20_xor_ic(bytes, bytes, UInt64(count), nonce.cPointer, block, key)
            }
        }
    }
}

extension XSalsa20.Key {
    /// A name for the key, 16 bytes, from which nobody can tell the key: that of Kubo and rust-libp2p.
    ///
    /// It is SHAKE-128 of 64 bytes of Salsa20 under the key with the nonce "finprint", so that the key itself is fed to no hash.
    public var fingerprint: Bytes {
        Sodium.start()
        let nonce = Bytes(utf8: "finprint")
        let stream = Bytes(unsafeUninitializedCapacity: 64) { output in
            _ = self.secret.withCPointer { key in
                nonce.withCPointer { nonce, _ in crypto_stream_salsa20(output.cPointer, 64, nonce, key) }
            }
            return 64
        }
        return SHAKE128.hash(stream, count: 16)
    }
}
