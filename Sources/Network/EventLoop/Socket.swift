#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A socket's descriptor with the system calls that the stack makes, none of which blocks.
///
/// It owns nothing: whoever opened or accepted a socket closes it once.
public struct Socket: Hashable, Sendable {
    /// The system's number for the socket.
    public let descriptor: Int32

    /// A socket that is open already; system calls on it must not block.
    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    // MARK: Opening

    /// A stream socket (TCP, or Unix).
    public static func stream(_ family: SocketAddress.Family) throws(SocketError) -> Socket {
        let descriptor = SystemCalls.openStream(family.domain)
        guard descriptor >= 0 else { throw SocketError(operation: .open, code: errno) }
        return Socket(descriptor: descriptor)
    }

    /// Two connected Unix stream sockets.
    public static func pair() throws(SocketError) -> (Socket, Socket) {
        var descriptors: (Int32, Int32) = (-1, -1)
        guard SystemCalls.openPair(&descriptors) == 0 else { throw SocketError(operation: .open, code: errno) }
        return (Socket(descriptor: descriptors.0), Socket(descriptor: descriptors.1))
    }

    /// Closes the descriptor; its poller must be closed before.
    public func close() {
        SystemCalls.closeDescriptor(self.descriptor)
    }

    // MARK: Listening

    /// Gives the socket a local address.
    public func bind(to address: SocketAddress) throws(SocketError) {
        let code = address.withSystemAddress { SystemCalls.bindAddress(self.descriptor, $0, $1) }
        guard code == 0 else { throw SocketError(operation: .bind, code: errno, address: address) }
    }

    /// Lets peers connect; the system keeps at most `backlog` that were not accepted yet.
    public func listen(backlog: Int32 = 1024) throws(SocketError) {
        guard SystemCalls.listenForPeers(self.descriptor, backlog) == 0 else {
            throw SocketError(operation: .listen, code: errno, address: self.localAddress)
        }
    }

    /// What `accept` found.
    public enum AcceptResult: Hashable, Sendable {
        /// A connection and where it comes from; a Unix peer mostly has no address.
        case accepted(Socket, from: SocketAddress?)
        /// Nobody waits.
        case wouldBlock
        /// The peer went away, or descriptors or memory are short; the listener may go on. Where the descriptor would have
        /// been one of `OpenFileLimit.reserve`, the connection was closed.
        case failed(SocketError)
    }

    /// Takes one connection that waits.
    public func accept() -> AcceptResult {
        while true {
            let (descriptor, address) = SocketAddress.filled { SystemCalls.acceptOne(self.descriptor, $0, &$1) }
            guard descriptor < 0 else { return .accepted(Socket(descriptor: descriptor), from: address) }
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
        let code = address.withSystemAddress { SystemCalls.connectAddress(self.descriptor, $0, $1) }
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
        guard SystemCalls.endSending(self.descriptor) == 0 else {
            throw SocketError(operation: .shutdown, code: errno, address: self.peerAddress)
        }
    }

    // MARK: Addresses

    /// The socket's own address, or nil where it has none.
    public var localAddress: SocketAddress? {
        SocketAddress.filled { getsockname(self.descriptor, $0, &$1) }.address
    }

    /// The peer's address, or nil where it is not connected.
    public var peerAddress: SocketAddress? {
        SocketAddress.filled { getpeername(self.descriptor, $0, &$1) }.address
    }
}
