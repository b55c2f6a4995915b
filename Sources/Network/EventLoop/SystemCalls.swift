internal import CUV

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The system calls of sockets, under one name on Linux and Darwin, and each with a name that its wrapper does not shadow.
/// Descriptors are opened non-blocking, and no program that the process starts inherits them.
enum SystemCalls {
    #if canImport(Darwin)
        static let streamType = SOCK_STREAM
        static let datagramType = SOCK_DGRAM
    #else
        private static let openFlags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        static let streamType = Int32(SOCK_STREAM.rawValue) | Self.openFlags
        static let datagramType = Int32(SOCK_DGRAM.rawValue) | Self.openFlags
    #endif

    /// Lets another thread that is ready run on this processor; returns at once where there is none.
    static func yieldProcessor() { _ = sched_yield() }

    static func openStream(_ domain: Int32) -> Int32 {
        Self.unlessLast(Self.prepared(socket(domain, Self.streamType, 0)))
    }

    static func openDatagram(_ domain: Int32) -> Int32 {
        Self.prepared(socket(domain, Self.datagramType, 0))
    }

    /// A datagram socket that lasts, other than one that is asked a question and closed.
    static func openLastingDatagram(_ domain: Int32) -> Int32 {
        Self.unlessLast(Self.openDatagram(domain))
    }

    #if !canImport(Darwin)
        /// A socket that the kernel tells of routes, links and addresses (NETLINK_ROUTE, which is 0).
        static func openRouteMessages() -> Int32 {
            Self.unlessLast(socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Self.openFlags, 0))
        }
    #endif

    static func openPair(_ descriptors: inout (Int32, Int32)) -> Int32 {
        let code = withUnsafeMutablePointer(to: &descriptors) { pointer in
            pointer.withMemoryRebound(to: Int32.self, capacity: 2) { socketpair(AF_UNIX, Self.streamType, 0, $0) }
        }
        guard code == 0 else { return code }
        descriptors.0 = Self.unlessLast(Self.prepared(descriptors.0))
        descriptors.1 = Self.unlessLast(Self.prepared(descriptors.1))
        guard descriptors.0 >= 0, descriptors.1 >= 0 else {
            for descriptor in [descriptors.0, descriptors.1] where descriptor >= 0 { close(descriptor) }
            errno = EMFILE
            return -1
        }
        return 0
    }

    static func acceptOne(
        _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>, _ length: inout socklen_t
    ) -> Int32 {
        #if canImport(Darwin)
            return Self.unlessLast(Self.prepared(accept(descriptor, address, &length)))
        #else
            return Self.unlessLast(cuv_accept4(descriptor, address, &length, Self.openFlags))
        #endif
    }

    /// A descriptor that would touch `OpenFileLimit.reserve` is closed, as if the system had had none.
    private static func unlessLast(_ descriptor: Int32) -> Int32 {
        guard descriptor >= 0, !OpenFileLimit.leavesReserve(descriptor) else { return descriptor }
        close(descriptor)
        errno = EMFILE
        return -1
    }

    /// Darwin has no flags for what Linux does in the call that opens.
    private static func prepared(_ descriptor: Int32) -> Int32 {
        #if canImport(Darwin)
            guard descriptor >= 0 else { return descriptor }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        return descriptor
    }

    static func bindAddress(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        bind(descriptor, address, length)
    }

    static func connectAddress(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
        connect(descriptor, address, length)
    }

    static func listenForPeers(_ descriptor: Int32, _ backlog: Int32) -> Int32 {
        listen(descriptor, backlog)
    }

    static func closeDescriptor(_ descriptor: Int32) {
        _ = close(descriptor)
    }

    static func endSending(_ descriptor: Int32) -> Int32 {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    #if canImport(Darwin)
        /// A broken connection is an error and no signal: Darwin says so by an option of the socket.
        private static let sendFlags: Int32 = 0
    #else
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    @inline(__always) static func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        send(descriptor, bytes.baseAddress, bytes.count, Self.sendFlags)
    }

    @inline(__always) static func sendParts(_ descriptor: Int32, _ parts: UnsafeMutableBufferPointer<iovec>) -> Int {
        var message = msghdr()
        message.msg_iov = parts.baseAddress
        message.msg_iovlen = numericCast(parts.count)
        return sendmsg(descriptor, &message, Self.sendFlags)
    }

    // MARK: Datagrams

    static func sendDatagram(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
    ) -> Int {
        sendto(descriptor, bytes.baseAddress, bytes.count, Self.sendFlags, address, length)
    }

    /// One datagram, with whether it was longer than the buffer and so lost its end.
    static func receiveDatagram(
        _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ address: UnsafeMutablePointer<sockaddr>,
        _ length: inout socklen_t
    ) -> (count: Int, isCut: Bool) {
        var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return withUnsafeMutablePointer(to: &part) { part in
            var message = msghdr()
            message.msg_name = UnsafeMutableRawPointer(address)
            message.msg_namelen = length
            message.msg_iov = part
            message.msg_iovlen = 1
            let count = recvmsg(descriptor, &message, 0)
            length = message.msg_namelen
            return (count, Int(message.msg_flags) & Int(MSG_TRUNC) != 0)
        }
    }
}
