internal import CUV

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A socket's descriptor with the system calls that the stack makes, none of which blocks.
///
/// It owns nothing: whoever opened or accepted a socket closes it once.
public struct Socket: Hashable, Sendable {
    public let descriptor: Int32

    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    // MARK: Opening

    /// A stream socket (TCP, or Unix) that does not block and is not inherited by programs that the process starts.
    public static func stream(_ family: SocketAddress.Family) throws(SocketError) -> Socket {
        let descriptor = socket(family.domain, Self.streamType, 0)
        guard descriptor >= 0 else { throw SocketError(operation: .open, code: errno) }
        let socket = Socket(descriptor: descriptor)
        socket.prepareOpened()
        return socket
    }

    /// Two connected Unix stream sockets, non-blocking.
    public static func pair() throws(SocketError) -> (Socket, Socket) {
        var descriptors: (Int32, Int32) = (-1, -1)
        let code = withUnsafeMutablePointer(to: &descriptors) { pointer in
            pointer.withMemoryRebound(to: Int32.self, capacity: 2) { socketpair(AF_UNIX, Self.streamType, 0, $0) }
        }
        guard code == 0 else { throw SocketError(operation: .open, code: errno) }
        let pair = (Socket(descriptor: descriptors.0), Socket(descriptor: descriptors.1))
        pair.0.prepareOpened()
        pair.1.prepareOpened()
        return pair
    }

    #if canImport(Darwin)
    private static let streamType = SOCK_STREAM
    #else
    private static let streamType =
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #endif

    /// Darwin has no flags for what Linux does in the same call.
    private func prepareOpened() {
        #if canImport(Darwin)
        _ = fcntl(self.descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(self.descriptor, F_SETFL, O_NONBLOCK)
        var on: Int32 = 1
        setsockopt(self.descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    /// Closes the descriptor; its poller must be closed before.
    public func close() {
        #if canImport(Darwin)
        _ = Darwin.close(self.descriptor)
        #else
        _ = Glibc.close(self.descriptor)
        #endif
    }

    // MARK: Listening

    /// Gives the socket a local address.
    public func bind(to address: SocketAddress) throws(SocketError) {
        let code = address.withSystemAddress { pointer, length in
            #if canImport(Darwin)
            Darwin.bind(self.descriptor, pointer, length)
            #else
            Glibc.bind(self.descriptor, pointer, length)
            #endif
        }
        guard code == 0 else { throw SocketError(operation: .bind, code: errno, address: address) }
    }

    /// Lets peers connect; the system keeps at most `backlog` that were not accepted yet.
    public func listen(backlog: Int32 = 1024) throws(SocketError) {
        #if canImport(Darwin)
        let code = Darwin.listen(self.descriptor, backlog)
        #else
        let code = Glibc.listen(self.descriptor, backlog)
        #endif
        guard code == 0 else { throw SocketError(operation: .listen, code: errno, address: self.localAddress) }
    }

    /// What `accept` found.
    public enum AcceptResult: Hashable, Sendable {
        /// A connection and where it comes from; a Unix peer mostly has no address.
        case accepted(Socket, from: SocketAddress?)
        /// Nobody waits.
        case wouldBlock
        /// The peer went away, or descriptors or memory are short; the listener may go on.
        case failed(SocketError)
    }

    /// Takes one connection that waits, non-blocking.
    public func accept() -> AcceptResult {
        while true {
            let (descriptor, address) = SocketAddress.filled { pointer, length in
                #if canImport(Darwin)
                Darwin.accept(self.descriptor, pointer, &length)
                #else
                cuv_accept4(
                    self.descriptor, pointer, &length, Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
                #endif
            }
            guard descriptor < 0 else {
                let socket = Socket(descriptor: descriptor)
                socket.prepareOpened()
                return .accepted(socket, from: address)
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: return .failed(SocketError(operation: .accept, code: code, address: self.localAddress))
            }
        }
    }

    // MARK: Connecting

    /// What `connect` began.
    public enum ConnectResult: Hashable, Sendable {
        case connected
        /// The socket becomes writable when there is a result; ask `connectError` then.
        case inProgress
    }

    /// Begins to connect to `address`.
    public func connect(to address: SocketAddress) throws(SocketError) -> ConnectResult {
        let code = address.withSystemAddress { pointer, length in
            #if canImport(Darwin)
            Darwin.connect(self.descriptor, pointer, length)
            #else
            Glibc.connect(self.descriptor, pointer, length)
            #endif
        }
        guard code != 0 else { return .connected }
        // An interrupted connect goes on in the background like one in progress.
        if errno == EINPROGRESS || errno == EINTR { return .inProgress }
        throw SocketError(operation: .connect, code: errno, address: address)
    }

    /// How a connect that was in progress failed, or nil where it did not; taken from the socket, so ask once.
    public func connectError(to address: SocketAddress?) -> SocketError? {
        let code = self.takeError()
        return code == 0 ? nil : SocketError(operation: .connect, code: code, address: address)
    }

    /// The `errno` that waits at the socket (SO_ERROR), 0 for none; it is taken away by asking.
    public func takeError() -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(self.descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else { return errno }
        return code
    }

    /// Sends the end of the stream; receiving goes on.
    public func shutdownWrite() throws(SocketError) {
        guard shutdown(self.descriptor, Int32(SHUT_WR)) == 0 else {
            throw SocketError(operation: .shutdown, code: errno, address: self.peerAddress)
        }
    }

    // MARK: Addresses

    /// The socket's own address, or nil where it has none.
    public var localAddress: SocketAddress? {
        SocketAddress.filled { getsockname(self.descriptor, $0, &$1) }.1
    }

    /// The peer's address, or nil where it is not connected.
    public var peerAddress: SocketAddress? {
        SocketAddress.filled { getpeername(self.descriptor, $0, &$1) }.1
    }
}
