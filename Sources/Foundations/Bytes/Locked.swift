#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A value that threads share under a lock of the system.
///
/// The libraries use it in place of the standard library's `Mutex`, for two reasons. On Linux that one is handed over by the
/// kernel, so that several threads at one mailbox wait in a convoy (with four threads on two cores 110-160 ns an access
/// against 14); and ThreadSanitizer does not see the hand-over, and reports a race wherever two threads really met.
///
/// It is public for its speed: what is `package` alone is not inlined in other modules.
public final class Locked<Value: Sendable>: Sendable {
    @usableFromInline let mutex: SystemMutex
    @usableFromInline let memory: UncheckedSendable<UnsafeMutablePointer<Value>>

    /// A lock with `value` behind it.
    @inlinable public init(_ value: Value) {
        // One piece of memory for both.
        let alignment = max(MemoryLayout<Value>.alignment, SystemMutex.alignment)
        let offset = (SystemMutex.size + alignment - 1) / alignment * alignment
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: offset + MemoryLayout<Value>.size, alignment: alignment)
        self.mutex = SystemMutex(at: memory)
        self.memory = UncheckedSendable((memory + offset).initializeMemory(as: Value.self, to: value))
    }

    deinit {
        self.memory.value.deinitialize(count: 1)
        self.mutex.deallocate()
    }

    /// Runs `body` with the value, alone; `body` must not ask for the same lock again.
    @inlinable public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        self.mutex.lock()
        defer { self.mutex.unlock() }
        return try body(&self.memory.value.pointee)
    }
}

/// A mutex of the system at the beginning of a piece of memory.
@usableFromInline struct SystemMutex: Sendable {
    @usableFromInline static let alignment = 16
    @usableFromInline static let size = MemoryLayout<pthread_mutex_t>.size

    private let mutex: UncheckedSendable<UnsafeMutablePointer<pthread_mutex_t>>

    @usableFromInline init(at memory: UnsafeMutableRawPointer) {
        self.mutex = UncheckedSendable(memory.bindMemory(to: pthread_mutex_t.self, capacity: 1))
        pthread_mutex_init(self.mutex.value, nil)
    }

    @usableFromInline func lock() { pthread_mutex_lock(self.mutex.value) }

    @usableFromInline func unlock() { pthread_mutex_unlock(self.mutex.value) }

    /// Gives the memory back, with all that is behind the mutex.
    @usableFromInline func deallocate() {
        pthread_mutex_destroy(self.mutex.value)
        UnsafeMutableRawPointer(self.mutex.value).deallocate()
    }
}
