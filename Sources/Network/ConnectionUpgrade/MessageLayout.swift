import Bytes
import Cryptography
import Yamux

/// One Noise message while its plaintext is put together: small pieces are laid beside each other and sealed as one, large
/// ones are sealed from where they stand (510 ns against 770 at 1 KiB; no difference at 64 KiB).
struct MessageLayout {
    private let body: UnsafeMutableRawPointer
    private let staging: UnsafeMutableRawPointer
    private let cipher: ChaChaPolyContext
    private var sealed = 0
    private var staged = 0

    /// `body` is where the sealed bytes go, `staging` has room for a whole message.
    init(body: UnsafeMutableRawPointer, staging: UnsafeMutableRawPointer, cipher: ChaChaPolyContext) {
        self.body = body
        self.staging = staging
        self.cipher = cipher
    }

    /// How many bytes of plaintext the message has.
    var count: Int { self.sealed + self.staged }

    /// Lays `bytes` behind the small pieces before them.
    mutating func stage(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        (self.staging + self.staged).copyMemory(from: source, byteCount: bytes.count)
        self.staged += bytes.count
    }

    mutating func stage(_ header: YamuxHeader) {
        header.write(to: self.staging + self.staged)
        self.staged += YamuxHeader.length
    }

    /// Seals `bytes` where they stand.
    mutating func seal(_ bytes: UnsafeRawBufferPointer) {
        self.sealStaged()
        self.cipher.updateSeal(bytes, into: self.body + self.sealed)
        self.sealed += bytes.count
    }

    private mutating func sealStaged() {
        guard self.staged > 0 else { return }
        self.cipher.updateSeal(
            UnsafeRawBufferPointer(start: self.staging, count: self.staged), into: self.body + self.sealed)
        self.sealed += self.staged
        self.staged = 0
    }

    /// Seals the rest and the tag; returns the sealed message's length, without its length prefix.
    mutating func finish() -> Int {
        self.sealStaged()
        self.cipher.finishSeal(tagInto: self.body + self.sealed)
        return self.sealed + ChaChaPolyContext.tagSize
    }
}
