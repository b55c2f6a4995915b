internal import CUV

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A thread of the operating system that runs one closure.
struct LoopThread: Sendable {
    private let identity: UInt

    /// The identity of the calling thread; it is used again once that thread has ended.
    static var current: UInt { Self.identity(of: pthread_self()) }

    private static func identity(of thread: pthread_t) -> UInt {
        #if canImport(Darwin)
            return UInt(bitPattern: thread)
        #else
            return thread
        #endif
    }

    /// Starts a thread that runs `body` and ends. It must be joined or detached.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> LoopThread {
        _ = ignoreBrokenPipes
        let argument = Unmanaged.passRetained(ThreadBody(name: name, run: body)).toOpaque()
        #if canImport(Darwin)
            var created: pthread_t?
            let code = pthread_create(&created, nil, { runThreadBody($0) }, argument)
            guard let thread = created else { preconditionFailure("an event loop's thread could not be started") }
        #else
            var thread = pthread_t()
            let code = pthread_create(&thread, nil, { $0.flatMap { runThreadBody($0) } }, argument)
        #endif
        precondition(code == 0, "an event loop's thread could not be started (error \(code))")
        return LoopThread(identity: Self.identity(of: thread))
    }

    /// Waits until the thread has ended.
    func join() {
        #if canImport(Darwin)
            if let thread = pthread_t(bitPattern: self.identity) { pthread_join(thread, nil) }
        #else
            pthread_join(pthread_t(self.identity), nil)
        #endif
    }

    /// Lets the thread end by itself.
    func detach() {
        #if canImport(Darwin)
            if let thread = pthread_t(bitPattern: self.identity) { pthread_detach(thread) }
        #else
            pthread_detach(pthread_t(self.identity))
        #endif
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    #if canImport(Darwin)
        pthread_setname_np(body.name)
    #else
        // Linux takes 15 bytes and a zero.
        cuv_pthread_setname(pthread_self(), String(body.name.prefix(15)))
    #endif
    body.run()
    return nil
}

/// A peer that goes away while we write must be an error of that write, not the end of the process. A handler that the
/// program around us has installed stays.
private let ignoreBrokenPipes: Void = {
    var current = sigaction()
    guard sigaction(SIGPIPE, nil, &current) == 0 else { return }
    #if canImport(Darwin)
        let isDefault = current.__sigaction_u.__sa_handler == nil
    #else
        let isDefault = current.__sigaction_handler.sa_handler == nil
    #endif
    if isDefault { signal(SIGPIPE, SIG_IGN) }
}()
