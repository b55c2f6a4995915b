internal import CUV

/// What a `SocketPoller` tells about its socket, on the loop.
public protocol SocketEventHandler: LoopWork {
    /// The socket can be read or written as far as the poller was asked.
    ///
    /// `failed` means that the socket has an error and the poller no longer watches it: bytes that came before may still be
    /// there, so the handler reads until there is an end or an error, also after a short read, or it loses them.
    func socketReady(readable: Bool, writable: Bool, failed: Bool)
}

/// Watches one non-blocking socket for an event loop, level-triggered; receiving and sending are the owner's.
///
/// It is confined to its loop, except that it may be dropped on any thread, which closes it.
public final class SocketPoller {
    private let loop: EventLoop
    private let poll: PollHandle

    /// Makes a poller that watches nothing yet and keeps `handler` until it is closed. On the loop only.
    ///
    /// Fails where the descriptor cannot be polled or is watched by another poller of the loop.
    public init(_ loop: EventLoop, descriptor: Int32, handler: any SocketEventHandler) throws(SocketError) {
        self.loop = loop
        self.poll = try PollHandle(core: loop.engine.current, descriptor: descriptor, handler: handler)
    }

    deinit { LoopHandle.abandon(self.poll, on: self.loop) }

    /// Tells `handler` in place of the former from now on; what is watched for stays. A poller of its own would cost the
    /// next one five system calls.
    public func handOver(to handler: any SocketEventHandler) {
        self.poll.handOver(to: handler)
    }

    /// Says what to watch for from now on; both false stops watching.
    public func update(reading: Bool, writing: Bool) {
        self.poll.update(reading: reading, writing: writing)
    }

    /// Ends all callbacks and lets go of the handler; after that the owner closes the descriptor.
    public func close() {
        self.poll.close()
    }
}

private final class PollHandle: LoopHandle {
    private var handler: (any SocketEventHandler)?
    /// The libuv events asked for; to ask again for the same would cost two system calls.
    private var interest: Int32 = 0

    init(core: LoopCore, descriptor: Int32, handler: any SocketEventHandler) throws(SocketError) {
        self.handler = handler
        super.init(kind: "socket poller", type: UV_POLL, core: core)
        guard !core.isEnded else { throw SocketError(operation: .poll, code: -UV_ECANCELED.rawValue) }
        let code = uv_poll_init(core.uv, self.pointer, descriptor)
        guard code == 0 else { throw SocketError(operation: .poll, code: -code) }
        self.opened()
    }

    private var pointer: UnsafeMutablePointer<uv_poll_t> { self.memory.assumingMemoryBound(to: uv_poll_t.self) }

    func update(reading: Bool, writing: Bool) {
        let wanted =
            (reading ? Int32(UV_READABLE.rawValue) : 0) | (writing ? Int32(UV_WRITABLE.rawValue) : 0)
        guard !self.isClosed, wanted != self.interest else { return }
        self.interest = wanted
        guard wanted != 0 else {
            uv_poll_stop(self.pointer)
            return
        }
        uv_poll_start(self.pointer, wanted) { pointer, status, events in
            guard let data = pointer?.pointee.data else { return }
            Unmanaged<PollHandle>.fromOpaque(data).takeUnretainedValue().ready(status: status, events: events)
        }
    }

    func handOver(to handler: any SocketEventHandler) {
        if !self.isClosed { self.handler = handler }
    }

    private func ready(status: Int32, events: Int32) {
        guard let handler = self.handler else { return }
        let core = self.core
        // libuv stops a handle on POLLERR and says so by a negative status.
        if status < 0 { self.interest = 0 }
        core.callbackBegan()
        handler.socketReady(
            readable: events & Int32(UV_READABLE.rawValue) != 0,
            writable: events & Int32(UV_WRITABLE.rawValue) != 0,
            failed: status < 0)
        core.callbackEnded(handler.workDescription)
    }

    override func released() {
        self.handler = nil
    }
}
