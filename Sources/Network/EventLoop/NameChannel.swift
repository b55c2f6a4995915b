internal import Bytes
internal import CAres

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A c-ares channel that an event loop drives: pollers watch the sockets that c-ares opens, and a timer its deadlines.
///
/// Confined to its loop. c-ares calls back from within these methods; `onFinished` must not call the channel.
final class NameChannel {
    /// A try waits this long at first, and twice as long each time the servers are asked again.
    private static let firstTry: Int32 = 1500
    private static let tries: Int32 = 3
    /// CLASS IN and TYPE TXT (RFC 1035, sections 3.2.4 and 3.2.2).
    private static let internetClass: Int32 = 1
    private static let textType: Int32 = 16

    private let loop: EventLoop
    private var channel: ares_channel?
    private var sockets: [ares_socket_t: NameSocket] = [:]
    private var timer: LoopTimer?
    /// Tells that c-ares is done with a query, also one whose caller has long gone.
    private let onFinished: (NameQuery) -> Void

    /// Opens a channel to `servers` ("127.0.0.1:5353"), or as the system is configured, with its hosts file.
    init(_ loop: EventLoop, servers: [String]?, onFinished: @escaping (NameQuery) -> Void) throws(NameError) {
        self.loop = loop
        self.onFinished = onFinished
        try self.open(servers: servers)
        self.timer = LoopTimer(loop) { [unowned self] in
            self.process(readable: ARES_SOCKET_BAD, writable: ARES_SOCKET_BAD)
        }
    }

    private func open(servers: [String]?) throws(NameError) {
        let libraryCode = Self.libraryCode
        guard libraryCode == ARES_SUCCESS.code else { throw Self.badConfiguration(libraryCode) }
        var options = ares_options()
        options.timeout = Self.firstTry
        options.tries = Self.tries
        options.sock_state_cb_data = Unmanaged.passUnretained(self).toOpaque()
        options.sock_state_cb = { data, socket, readable, writable in
            guard let data else { return }
            let channel = Unmanaged<NameChannel>.fromOpaque(data).takeUnretainedValue()
            channel.watch(socket, reading: readable != 0, writing: writable != 0)
        }
        var flags = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB
        // Servers that were named are asked for everything; the hosts file belongs to the system's configuration.
        if servers != nil { flags |= ARES_OPT_LOOKUPS }
        var code = "b".withCString { lookups in
            options.lookups = UnsafeMutablePointer(mutating: lookups)
            return ares_init_options(&self.channel, &options, flags)
        }
        if code == ARES_SUCCESS.code, let servers {
            code = ares_set_servers_ports_csv(self.channel, servers.joined(separator: ","))
        }
        guard code == ARES_SUCCESS.code else {
            self.close()
            throw Self.badConfiguration(code)
        }
    }

    /// c-ares wants this once in the life of a process.
    private static let libraryCode = ares_library_init(ARES_LIB_INIT_ALL)

    private static func badConfiguration(_ code: Int32) -> NameError {
        .badConfiguration(reason: Self.reason(code))
    }

    /// Ends the channel and every query that is still in it. Not from within `onFinished`.
    func close() {
        guard let channel = self.channel else { return }
        self.channel = nil
        ares_destroy(channel)
        for socket in self.sockets.values { socket.close() }
        self.sockets = [:]
        self.timer?.close()
    }

    // MARK: Queries

    /// Asks for what `query` wants.
    func start(_ query: NameQuery) {
        guard let channel = self.channel else { return query.finish(.failure(.cancelled)) }
        let argument = Unmanaged.passRetained(NamePending(query: query, channel: self)).toOpaque()
        switch query.kind {
        case .addresses(let family):
            var hints = ares_addrinfo_hints()
            hints.ai_family = family.domain
            // The order of addresses is the dialer's concern, and c-ares would open sockets to find it.
            hints.ai_flags = ARES_AI_NOSORT
            ares_getaddrinfo(
                channel, query.name, nil, &hints,
                { argument, status, _, result in
                    defer { ares_freeaddrinfo(result) }
                    NamePending.take(argument)?.finished(status: status) { .addresses(NameReply.addresses(result)) }
                }, argument)
        case .texts:
            ares_query(
                channel, query.name, Self.internetClass, Self.textType,
                { argument, status, _, reply, length in
                    NamePending.take(argument)?.finished(status: status) { .texts(NameReply.texts(reply, length)) }
                }, argument)
        }
        self.scheduleTimer()
    }

    fileprivate func finished(_ query: NameQuery, _ status: Int32, _ answer: () -> NameQuery.Answer) {
        query.finish(status == ARES_SUCCESS.code ? query.checked(answer()) : .failure(query.error(status)))
        self.onFinished(query)
    }

    // MARK: Sockets and time

    fileprivate func process(readable: ares_socket_t, writable: ares_socket_t) {
        guard let channel = self.channel else { return }
        ares_process_fd(channel, readable, writable)
        self.scheduleTimer()
    }

    /// c-ares says what it waits for at a socket; neither means that it is about to close it.
    private func watch(_ socket: ares_socket_t, reading: Bool, writing: Bool) {
        guard reading || writing else {
            self.sockets.removeValue(forKey: socket)?.close()
            return
        }
        if self.sockets[socket] == nil {
            // Where the poller cannot be made, the query ends by its timeout.
            self.sockets[socket] = try? NameSocket(self.loop, socket, self)
        }
        self.sockets[socket]?.watch(reading: reading, writing: writing)
    }

    private func scheduleTimer() {
        guard let channel = self.channel else { return }
        var time = timeval()
        guard ares_timeout(channel, nil, &time) != nil else {
            self.timer?.cancel()
            return
        }
        let wait = Duration.seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
        self.timer?.schedule(at: self.loop.now + wait)
    }

    static func reason(_ code: Int32) -> String {
        ares_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}

/// One socket of a channel.
private final class NameSocket: SocketEventHandler {
    private unowned let channel: NameChannel
    private let socket: ares_socket_t
    private var poller: SocketPoller?
    private var wanted = (reading: false, writing: false)

    init(_ loop: EventLoop, _ socket: ares_socket_t, _ channel: NameChannel) throws(SocketError) {
        self.channel = channel
        self.socket = socket
        self.poller = try SocketPoller(loop, descriptor: socket, handler: self)
    }

    func watch(reading: Bool, writing: Bool) {
        self.wanted = (reading, writing)
        self.poller?.update(reading: reading, writing: writing)
    }

    func close() {
        self.poller?.close()
        self.poller = nil
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        // c-ares learns of an error by reading it.
        self.channel.process(
            readable: readable || failed ? self.socket : ARES_SOCKET_BAD,
            writable: writable || failed ? self.socket : ARES_SOCKET_BAD)
        if failed { self.poller?.update(reading: self.wanted.reading, writing: self.wanted.writing) }
    }
}

/// What c-ares carries from a query to its callback.
private final class NamePending {
    private let query: NameQuery
    private let channel: NameChannel

    init(query: NameQuery, channel: NameChannel) {
        self.query = query
        self.channel = channel
    }

    static func take(_ argument: UnsafeMutableRawPointer?) -> NamePending? {
        argument.map { Unmanaged<NamePending>.fromOpaque($0).takeRetainedValue() }
    }

    func finished(status: Int32, _ answer: () -> NameQuery.Answer) {
        self.channel.finished(self.query, status, answer)
    }
}
