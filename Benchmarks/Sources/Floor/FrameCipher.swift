import Cryptography

/// Seals and opens frames like those of Noise: two bytes of length, the ciphertext and its tag.
///
/// Both sides know the key: what is measured is what the cipher costs.
struct FrameCipher: ~Copyable {
    /// The most that a Noise message holds.
    static let payloadSize = 65_519
    static let lengthSize = 2
    /// What the largest frame takes on the wire.
    static let frameSize = Self.lengthSize + Self.payloadSize + ChaChaPolyContext.tagSize

    private let context: ChaChaPolyContext
    private let key: ChaChaPolyKey
    private let isSealed: Bool
    private var nonce: UInt64 = 0

    /// Where frames are not sealed, they keep their size and pass as they are.
    init(isSealed: Bool) throws {
        self.context = try ChaChaPolyContext()
        self.isSealed = isSealed
        self.key = withUnsafeTemporaryAllocation(byteCount: ChaChaPolyKey.size, alignment: 8) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 7)
            return ChaChaPolyKey(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Writes the frame of `payload` to `frame`; returns how many bytes it takes.
    mutating func seal(_ payload: UnsafeRawBufferPointer, into frame: UnsafeMutableRawPointer) -> Int {
        let length = payload.count + ChaChaPolyContext.tagSize
        frame.storeBytes(of: UInt16(length).bigEndian, as: UInt16.self)
        if self.isSealed {
            self.context.seal(
                key: self.key, nonce: self.nonce, plaintext: payload, into: frame + Self.lengthSize)
            self.nonce += 1
        }
        return Self.lengthSize + length
    }

    /// Opens the start of `bytes`, where it is a whole frame: returns how many bytes that was, and how many of payload.
    /// Nil where it is none.
    mutating func open(
        _ bytes: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawPointer
    ) throws(FloorError) -> (size: Int, payload: Int)? {
        guard bytes.count >= Self.lengthSize else { return nil }
        let length = Int(bytes[0]) << 8 | Int(bytes[1])
        let size = Self.lengthSize + length
        guard bytes.count >= size else { return nil }
        guard length >= ChaChaPolyContext.tagSize else { throw .broken }
        if self.isSealed {
            let ciphertext = UnsafeRawBufferPointer(rebasing: bytes[Self.lengthSize..<size])
            guard self.context.open(key: self.key, nonce: self.nonce, ciphertext: ciphertext, into: plaintext) else {
                throw .broken
            }
            self.nonce += 1
        }
        return (size, length - ChaChaPolyContext.tagSize)
    }
}
