/// A value that its holder promises to share between threads safely, although the compiler cannot see why.
///
/// This is the project's only `@unchecked Sendable`. Each use is listed here with its argument, and a new one must be
/// added to the list:
/// - `ByteStorage.base`: the memory is written only by the storage's creator, and only in ranges of which no `Bytes`
///   exists yet; every other access is a read that an ordinary retain and release orders.
/// - `EVPKey.key` (Cryptography): an OpenSSL key is only read after its creation, which OpenSSL locks for itself.
/// - `Secp256k1.context` (Cryptography): never changed after its creation; the library allows sharing it then.
/// - `LoopBound.value` (EventLoop): reached only after a check that the current thread is the loop's own.
/// - `LoopEngine.core` (EventLoop): the state of a loop's thread, reached only on that thread or, before it runs and after
///   it has ended, by nobody.
/// - `LoopEngine.wakeUp` (EventLoop): passed only to `uv_async_send`, which libuv declares safe on any thread, with a lock
///   held that the loop takes before it frees the handle.
/// - `SystemMutex.mutex` and `Locked.memory`: the one is for many threads, the other is reached with it locked.
public struct UncheckedSendable<Value>: @unchecked Sendable {
    public let value: Value

    @inlinable public init(_ value: Value) { self.value = value }
}
