import Bytes
import EventLoop
import Multiformats
import PeerIdentity
public import Storage
import Telemetry
import Transport

/// Decides who may connect to a node and whom it dials, by an access list that can be changed while the node runs.
///
/// It is asked before a dial (the peer, then each address), when a socket is accepted, before any work for it, and when the
/// handshake has shown the peer. Where the node has a database, the list is kept there, and what another process changes
/// in it holds within seconds.
public final class ConnectionGater: Sendable {
    private static let log = Log("access")
    /// How often the database is asked whether another process has changed it.
    private static let pollInterval: Duration = .seconds(2)

    private let storage: Storage?
    private let rules: Locked<AccessRules>
    private let tasks = TaskSet()
    private let onChange = Locked<@Sendable () -> Void>({})

    /// A gater with an empty list, in memory. `allowsListedOnly` refuses everyone who is not allowed.
    init(allowsListedOnly: Bool) {
        self.storage = nil
        self.rules = Locked(AccessRules(allowsListedOnly: allowsListedOnly))
    }

    /// The gater of a database, with the list that is in it.
    init(_ storage: Storage, allowsListedOnly: Bool) async throws(StorageError) {
        self.storage = storage
        let (rules, version) = try await storage.perform { database throws(StorageError) in
            // The version first: what is changed behind it is seen as a change.
            let version = try database.dataVersion()
            return (try AccessRows.read(database), version)
        }
        self.rules = Locked(AccessRules(allowsListedOnly: allowsListedOnly, rules))
        self.tasks.add { [weak self] in await Self.follow(storage, from: version) { [weak self] in self } }
    }

    /// Calls `body` whenever the list has changed.
    func onChange(_ body: @escaping @Sendable () -> Void) { self.onChange.withLock { $0 = body } }

    // MARK: The list

    /// The rules of the list: networks first, each kind in the order of its texts.
    public var list: [AccessRule] { self.rules.withLock { $0.all } }

    /// Whether only those that are allowed may connect and be dialled.
    public var allowsListedOnly: Bool { self.rules.withLock { $0.allowsListedOnly } }

    /// Allows or denies a peer, an address or a subnet, in place of what held for it before; connections that it forbids
    /// are ended.
    ///
    /// When this returns it holds, and is stored where the node has a database. Throws `StorageError`; nothing has
    /// changed then.
    public func set(_ action: AccessAction, _ target: AccessTarget) async throws(StorageError) {
        let rule = AccessRule(action, target)
        try await self.change { database throws(StorageError) in
            guard self.rules.withLock({ $0.hasRoom(for: rule) }) else {
                throw .failed(
                    path: self.storage?.path ?? "in memory",
                    reason: "the access list has \(AccessRules.limit) rules, its most")
            }
            if let database { try AccessRows.set(rule, in: database) }
            self.rules.withLock { _ = $0.set(rule) }
        }
    }

    /// Takes a rule back; false where there is none of that target. Throws `StorageError`; nothing has changed then.
    @discardableResult
    public func remove(_ target: AccessTarget) async throws(StorageError) -> Bool {
        try await self.change { database throws(StorageError) in
            if let database { _ = try AccessRows.remove(target, in: database) }
            return self.rules.withLock { $0.remove(target) }
        }
    }

    /// Changes the stored list and the one in memory together, on the database's thread: of two changes at once, the same is
    /// the later one in both.
    private func change<Value: Sendable>(
        _ body: @escaping @Sendable (Database?) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let value: Value
        if let storage = self.storage {
            value = try await storage.perform { database throws(StorageError) in try body(database) }
        } else {
            value = try body(nil)
        }
        self.changed()
        return value
    }

    private func changed() { self.onChange.withLock { $0 }() }

    // MARK: Decisions

    func refusal(dialling peer: PeerID) -> AccessRefusal? {
        guard Defence.accessDial.isOn else { return nil }
        return self.rules.withLock { $0.refusal(dialling: peer) }
    }

    func refusal(dialling address: Multiaddr, of peer: PeerID?) -> AccessRefusal? {
        guard Defence.accessDial.isOn else { return nil }
        return self.rules.withLock { $0.refusal(dialling: address, of: peer) }
    }

    func refusal(accepting address: Multiaddr) -> AccessRefusal? {
        guard Defence.accessAccept.isOn else { return nil }
        return self.rules.withLock { $0.refusal(accepting: address) }
    }

    func refusal(of peer: PeerID, at address: Multiaddr) -> AccessRefusal? {
        guard Defence.accessPeer.isOn else { return nil }
        return self.rules.withLock { $0.refusal(of: peer, at: address) }
    }

    // MARK: Changes of other processes

    /// Looks every so often whether another process has changed the list, and takes it over.
    private static func follow(
        _ storage: Storage, from version: Int64, _ gater: @Sendable () -> ConnectionGater?
    ) async {
        var version = version
        while true {
            try? await storage.loop.sleep(until: EventLoop.monotonicNow() + Self.pollInterval)
            guard !Task.isCancelled, let gater = gater() else { return }
            do {
                version = try await gater.readAgain(storage, unless: version)
            } catch {
                Self.log.warning("the access list was not read again", ["reason": error])
            }
        }
    }

    /// Takes the stored list over, unless the database is still at `version`; answers the version that it is at.
    private func readAgain(_ storage: Storage, unless version: Int64) async throws(StorageError) -> Int64 {
        // On the database's thread, so that a change of this process is either in what is read, or comes behind it.
        let (current, isNews) = try await storage.perform { database throws(StorageError) in
            let current = try database.dataVersion()
            guard current != version else { return (current, false) }
            let rules = try AccessRows.read(database)
            return (
                current,
                self.rules.withLock { former in
                    guard former.all != rules else { return false }
                    former = AccessRules(allowsListedOnly: former.allowsListedOnly, rules)
                    return true
                }
            )
        }
        if isNews {
            Self.log.info("the access list was changed", ["rules": self.rules.withLock { $0.count }])
            self.changed()
        }
        return current
    }

    /// Looks for changes no longer.
    func close() async { await self.tasks.cancelAndWait() }
}
