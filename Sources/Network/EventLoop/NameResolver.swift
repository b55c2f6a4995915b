internal import Bytes
public import Multiformats

/// Resolves names through c-ares on an event loop, without blocking it.
///
/// It may be used from any thread. A c-ares channel lives only while there are queries, so that an idle resolver holds no
/// socket and the next one reads the system's configuration anew.
public final class NameResolver: Sendable {
    /// The longest name in bytes (RFC 1035, section 2.3.4, less the length bytes at both ends).
    public static let longestName = 253
    /// At most this many results of an answer are used.
    public static let resultLimit = 100
    /// At most this many queries are under way at once.
    public static let queryLimit = 64
    /// At most this many more queries wait for their turn.
    public static let waitingLimit = 256
    /// At most this many queries of one asker are under way at once, and no more than are left for others.
    public static let queriesOfAsker = 16
    /// At most this many queries of one asker wait for their turn, and no more than are left for others.
    public static let waitingOfAsker = 64

    /// The addresses that a caller wants.
    public enum AddressFamily: Hashable, Sendable {
        case ipv4
        case ipv6
        case any
    }

    private let loop: EventLoop
    private let queries: LoopBound<NameQueries>

    /// Makes a resolver that asks `servers` ("127.0.0.1:5353", "[::1]:53"), or as the system is configured where it is
    /// nil, with its hosts file.
    public init(_ loop: EventLoop, servers: [String]? = nil) {
        self.loop = loop
        self.queries = LoopBound(NameQueries(loop, servers: servers), on: loop)
    }

    /// The addresses of `name`, at least one and at most `resultLimit`, in the order of the answers; on behalf of `asker`,
    /// whose share it takes from.
    public func addresses(
        of name: String, family: AddressFamily = .any, timeout: Duration = .seconds(5), asker: NameAsker? = nil
    ) async throws(NameError) -> [IPAddress] {
        guard case .addresses(let addresses) = try await self.resolve(name, .addresses(family), timeout, asker) else {
            return []
        }
        return addresses
    }

    /// The texts of the TXT records of `name`, at least one and at most `resultLimit`; the strings of a record are joined.
    /// See `addresses` for `asker`.
    public func texts(
        of name: String, timeout: Duration = .seconds(5), asker: NameAsker? = nil
    ) async throws(NameError) -> [String] {
        guard case .texts(let texts) = try await self.resolve(name, .texts, timeout, asker) else { return [] }
        return texts
    }

    /// Fails the queries that are under way; later ones begin anew.
    public func cancelAll() {
        let queries = self.queries
        self.loop.execute { queries.value.cancelAll() }
    }

    private func resolve(
        _ name: String, _ kind: NameQuery.Kind, _ timeout: Duration, _ asker: NameAsker?
    ) async throws(NameError) -> NameQuery.Answer {
        guard Self.isValid(name) else { throw .invalidName(name) }
        let query = LoopBound(NameQuery(name: name, kind: kind, timeout: timeout, asker: asker), on: self.loop)
        let queries = self.queries
        let result = await withTaskCancellationHandler {
            await withHandover { handover in
                self.loop.execute { queries.value.begin(query.value, handover) }
            }
        } onCancel: {
            self.loop.execute { queries.value.finish(query.value, .cancelled) }
        }
        return try result.get()
    }

    /// c-ares reads a backslash as an escape; control characters, spaces and other than ASCII are no part of host names.
    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        let isRooted = bytes.last == UInt8(ascii: ".")
        guard bytes.count > (isRooted ? 1 : 0), bytes.count <= Self.longestName + (isRooted ? 1 : 0) else {
            return false
        }
        return bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }
}

/// The queries of a resolver and their channel, confined to the loop.
private final class NameQueries {
    private unowned let loop: EventLoop
    private let servers: [String]?
    private var channel: NameChannel?
    /// In c-ares, also those whose caller has gone: it has no way to cancel one.
    private var underWay: [NameQuery] = []
    private var waiting: [NameQuery] = []
    private var isSettling = false

    init(_ loop: EventLoop, servers: [String]?) {
        self.loop = loop
        self.servers = servers
    }

    func begin(_ query: NameQuery, _ caller: Handover<Result<NameQuery.Answer, NameError>>) {
        query.begin(on: self.loop, caller) { [unowned self, unowned query] error in
            self.finish(query, error)
        }
        guard !query.isFinished else { return }
        guard self.waiting.count < NameResolver.waitingLimit, self.hasShare(query) else {
            return query.finish(.failure(.tooManyQueries))
        }
        self.waiting.append(query)
        self.startWaiting()
    }

    func finish(_ query: NameQuery, _ error: NameError) {
        query.finish(.failure(error))
        self.settle()
    }

    func cancelAll() {
        for query in self.underWay + self.waiting { query.finish(.failure(.cancelled)) }
        self.settle()
    }

    /// Whether one more of the asker's may wait. What is left is shared, so that there is a place for one who has none.
    private func hasShare(_ query: NameQuery) -> Bool {
        guard let asker = query.asker else { return true }
        let left = NameResolver.waitingLimit - self.waiting.count
        return Defence.nameShares.holds(
            self.waiting.count { $0.asker == asker } < min(NameResolver.waitingOfAsker, left))
    }

    /// Which of those that wait is next: of the asker that has the fewest under way the first, unless it has its share or
    /// as many as are left.
    private var nextWaiting: Int? {
        guard Defence.nameShares.isOn else { return self.waiting.isEmpty ? nil : 0 }
        let busy = Dictionary(self.underWay.map { ($0.asker, 1) }, uniquingKeysWith: +)
        let share = min(NameResolver.queriesOfAsker, NameResolver.queryLimit - self.underWay.count)
        var (next, fewest) = (Int?.none, Int.max)
        for (index, query) in self.waiting.enumerated() {
            let count = busy[query.asker] ?? 0
            guard count < fewest, query.asker == nil || count < share else { continue }
            (next, fewest) = (index, count)
        }
        return next
    }

    private func startWaiting() {
        while self.underWay.count < NameResolver.queryLimit, let next = self.nextWaiting {
            let query = self.waiting.remove(at: next)
            guard !query.isFinished else { continue }
            do {
                let channel = try self.openChannel()
                self.underWay.append(query)
                channel.start(query)
            } catch {
                query.finish(.failure(error))
            }
        }
    }

    private func openChannel() throws(NameError) -> NameChannel {
        guard !self.loop.engine.current.isEnded else { throw .cancelled }
        if let channel = self.channel { return channel }
        // The channel keeps its owner until it is closed: whoever gets an answer may drop the resolver at once, while the
        // channel still has to tell that it is done.
        let channel = try NameChannel(self.loop, servers: self.servers) { query in
            self.underWay.removeAll { $0 === query }
            self.settle()
        }
        self.channel = channel
        return channel
    }

    /// Starts what waits and closes a channel that nobody needs; later, since c-ares must not be called from its callbacks.
    private func settle() {
        guard !self.isSettling else { return }
        self.isSettling = true
        // At its end, the loop asks for this itself.
        guard !self.loop.engine.current.isEnded else { return self.settled() }
        let bound = LoopBound(self, on: self.loop)
        self.loop.execute { bound.value.settled() }
    }

    private func settled() {
        defer { self.isSettling = false }
        self.waiting.removeAll { $0.isFinished }
        if self.underWay.allSatisfy({ $0.isFinished }) {
            self.channel?.close()
            self.channel = nil
            self.underWay = []
        }
        self.startWaiting()
    }
}
