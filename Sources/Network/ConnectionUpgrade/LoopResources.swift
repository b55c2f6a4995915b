import Bytes
import Cryptography
import EventLoop
import Noise
import Transport

/// What all connections of one loop work with, one after the other: buffers and the cipher's context.
///
/// A connection that is idle holds no buffer of its own (Docs/Architecture.md, "The hot path").
final class LoopResources {
    /// One receive's size: room for the largest message and for the start of the next, so that the end of a message is
    /// rarely a receive too late. Two fit the second-level cache beside what they are decrypted into.
    static let receiveSize = 64 * 1024 + 64
    /// What is written at once at most, in bytes: a ping behind it waits for no more.
    static let batchSize = 256 * 1024
    /// How often slabs that nobody needs any more are looked for, while there are many.
    private static let sweepInterval = Duration.seconds(1)

    let cipher: ChaChaPolyContext
    let verifiedKeys: VerifiedStaticKeys
    let receiveBuffer: UnsafeMutableRawBufferPointer
    let outputBuffer: UnsafeMutableRawBufferPointer
    /// Small frames are laid together here and sealed at once.
    let stagingBuffer: UnsafeMutableRawBufferPointer
    /// Where connections keep the start of a message, and what the kernel refused.
    var spares = SpareBuffers()

    private let loop: EventLoop
    private let scope: any ResourceScope
    private var slabs: SlabPool
    private var sweep: LoopTimer?

    /// Fails where the cipher is not to be had, or `scope` does not allow a first slab and the verified keys. On the loop
    /// only.
    init(_ loop: EventLoop, scope: any ResourceScope, verifiedKeys: Int) throws {
        let cipher = try ChaChaPolyContext()
        let slabs = try SlabPool(scope: scope)
        let keys = VerifiedStaticKeys(limit: verifiedKeys)
        try scope.reserve(.memory(keys.capacity))
        self.loop = loop
        self.scope = scope
        self.verifiedKeys = keys
        self.slabs = slabs
        self.cipher = cipher
        self.receiveBuffer = .allocate(byteCount: Self.receiveSize, alignment: 64)
        self.outputBuffer = .allocate(byteCount: Self.batchSize, alignment: 64)
        self.stagingBuffer = .allocate(byteCount: 64 * 1024, alignment: 64)
        // A loop that ends takes its slabs along.
        self.sweep = LoopTimer(loop, whenLoopEnds: {}) { [weak self] in self?.sweepSlabs() }
    }

    deinit {
        self.scope.release(.memory(self.verifiedKeys.capacity))
        self.receiveBuffer.deallocate()
        self.outputBuffer.deallocate()
        self.stagingBuffer.deallocate()
    }

    /// A place for `count` bytes of plaintext: a slab and the offset in it. The bytes become fixed with `commitSlab`.
    func reserveSlab(_ count: Int) throws(ResourceLimitError) -> (storage: ByteStorage, offset: Int) {
        try self.slabs.reserve(count)
    }

    /// Keeps the `count` bytes that were written to the last reserved place from being written again.
    func commitSlab(_ count: Int) {
        self.slabs.commit(count)
        if self.slabs.hasMany, let sweep = self.sweep, sweep.deadline == nil {
            sweep.schedule(at: self.loop.now + Self.sweepInterval)
        }
    }

    private func sweepSlabs() {
        self.slabs.releaseFree()
        if self.slabs.hasMany { self.sweep?.schedule(at: self.loop.now + Self.sweepInterval) }
    }
}
