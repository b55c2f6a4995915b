#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How many descriptors, and so connections, the process may have open.
public enum OpenFileLimit {
    /// So many descriptors are left for others: a socket that would be among the last ones is not opened or accepted.
    ///
    /// The thread pool of Swift's tasks reads a file of /proc each second on Linux, and traps where it cannot be opened;
    /// name look-ups, databases and logs want theirs, too.
    public static let reserve = 32

    /// Raises the soft limit to the hard one, and returns the limit that holds now.
    @discardableResult public static func raise() throws(SocketError) -> Int {
        var limit = try Self.read()
        let wanted = Self.highest(limit.rlim_max)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = wanted
            guard setrlimit(Self.resource, &limit) == 0 else {
                throw SocketError(operation: .raiseOpenFileLimit, code: errno)
            }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// The limit that holds now.
    public static func current() throws(SocketError) -> Int {
        Int(clamping: try Self.read().rlim_cur)
    }

    /// Whether a socket may have this descriptor: the system gives the lowest that is free, so one close to the limit says
    /// that few are left.
    static func leavesReserve(_ descriptor: Int32) -> Bool {
        guard let limit = try? Self.current() else { return true }
        return Int(descriptor) < limit - Self.reserve
    }

    private static func read() throws(SocketError) -> rlimit {
        var limit = rlimit()
        guard getrlimit(Self.resource, &limit) == 0 else {
            throw SocketError(operation: .raiseOpenFileLimit, code: errno)
        }
        return limit
    }

    #if canImport(Darwin)
        private static let resource = RLIMIT_NOFILE
        /// Darwin refuses more than OPEN_MAX whatever the hard limit says.
        private static func highest(_ hard: rlim_t) -> rlim_t { min(hard, rlim_t(OPEN_MAX)) }
    #else
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        private static func highest(_ hard: rlim_t) -> rlim_t { hard }
    #endif
}
