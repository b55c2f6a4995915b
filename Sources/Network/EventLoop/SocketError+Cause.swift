#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension SocketError {
    /// The reasons that callers treat apart, whatever the system's number for them.
    public enum Cause: Hashable, Sendable {
        /// Another socket has the address, or the same connection exists already.
        case addressInUse
        /// The address is not one of this host's, or no port is left for the connection.
        case addressNotAvailable
        /// Nobody listens there.
        case refused
        /// No route leads there.
        case unreachable
        /// The system gave up waiting.
        case timedOut
        /// The peer broke the connection.
        case connectionLost
        /// The host does not speak this kind of address.
        case unsupportedAddress
        /// The system does not let this process do it.
        case permissionDenied
        /// The process or the system has no more descriptors or memory for sockets.
        case outOfResources
        case other
    }

    /// Which of them it was.
    public var cause: Cause {
        switch self.code {
        case EADDRINUSE: .addressInUse
        case EADDRNOTAVAIL: .addressNotAvailable
        case ECONNREFUSED: .refused
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: .unreachable
        case ETIMEDOUT: .timedOut
        case ECONNABORTED, ECONNRESET, EPIPE, EPROTO: .connectionLost
        case EAFNOSUPPORT: .unsupportedAddress
        case EACCES, EPERM: .permissionDenied
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .outOfResources
        default: .other
        }
    }
}
