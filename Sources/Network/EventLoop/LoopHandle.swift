internal import CUV

/// The memory of one libuv handle, confined to its loop.
///
/// libuv holds a reference from `opened` until its close callback, so a Swift owner may go away at any time: it closes the
/// handle and forgets it. No libuv call may be made with a handle that `isClosed`.
class LoopHandle {
    /// What the handle is, for the message about handles that nobody closed.
    let kind: StaticString
    let core: LoopCore
    let memory: UnsafeMutableRawPointer
    private(set) var isClosed = true

    init(kind: StaticString, type: uv_handle_type, core: LoopCore) {
        self.kind = kind
        self.core = core
        self.memory = .allocate(byteCount: uv_handle_size(type), alignment: 16)
    }

    deinit { self.memory.deallocate() }

    var handle: UnsafeMutablePointer<uv_handle_t> { self.memory.assumingMemoryBound(to: uv_handle_t.self) }

    /// The handle was initialised: from now on libuv holds a reference.
    func opened() {
        self.handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        self.isClosed = false
    }

    /// Ends all callbacks of the handle; its memory goes when libuv says so. A second call does nothing.
    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.released()
        uv_close(self.handle) { pointer in
            guard let data = pointer?.pointee.data else { return }
            Unmanaged<LoopHandle>.fromOpaque(data).release()
        }
    }

    /// The loop ends while the handle is open; what is then still open was forgotten.
    func loopEnded() {}

    /// Lets go of what the callbacks of the handle needed.
    func released() {}

    /// Closes a handle whose owner went away, from any thread.
    static func abandon(_ handle: LoopHandle, on loop: EventLoop) {
        guard !loop.isCurrent else { return handle.close() }
        // A loop that has ended has closed all its handles.
        guard !loop.engine.hasEnded else { return }
        let bound = LoopBound(handle, on: loop)
        loop.execute { bound.value.close() }
    }
}
