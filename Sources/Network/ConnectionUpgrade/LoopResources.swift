import Bytes
import Cryptography
import EventLoop
import Transport

/// What all connections of one loop work with, one after the other: buffers and the cipher's context.
///
/// A connection that is idle holds no buffer of its own (Docs/Architecture.md, "The hot path").
final class LoopResources {
    /// One receive's size. Two fit the second-level cache beside what they are decrypted into.
    static let receiveSize = 64 * 1024
    /// What is written at once at most, in bytes: a ping behind it waits for no more.
    static let batchSize = 256 * 1024

    let cipher: ChaChaPolyContext
    let receiveBuffer: UnsafeMutableRawBufferPointer
    let outputBuffer: UnsafeMutableRawBufferPointer
    /// Small frames are laid together here and sealed at once.
    let stagingBuffer: UnsafeMutableRawBufferPointer
    var slabs: SlabPool

    /// Fails where the cipher is not to be had, or `scope` does not allow a first slab.
    init(scope: any ResourceScope) throws {
        self.slabs = try SlabPool(scope: scope)
        self.cipher = try ChaChaPolyContext()
        self.receiveBuffer = .allocate(byteCount: Self.receiveSize, alignment: 64)
        self.outputBuffer = .allocate(byteCount: Self.batchSize, alignment: 64)
        self.stagingBuffer = .allocate(byteCount: 64 * 1024, alignment: 64)
    }

    deinit {
        self.receiveBuffer.deallocate()
        self.outputBuffer.deallocate()
        self.stagingBuffer.deallocate()
    }
}
