import Bytes
import Transport

/// The accounts of peers, or of protocols: each stands while somebody is charged to it.
final class AccountTable<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        let account: ResourceAccount
        var users = 0
    }

    private let entries = Locked<[Key: Entry]>([:])
    private let limits: ScopeLimits
    private let name: @Sendable (Key) -> ScopeName

    init(_ limits: ScopeLimits, name: @escaping @Sendable (Key) -> ScopeName) {
        self.limits = limits
        self.name = name
    }

    /// The account of `key`, which stands until `leave` was called as often.
    func enter(_ key: Key) -> ResourceAccount {
        self.entries.withLock { entries in
            var entry = entries[key] ?? Entry(account: ResourceAccount(self.name(key), self.limits))
            entry.users += 1
            entries[key] = entry
            return entry.account
        }
    }

    func leave(_ key: Key) {
        self.entries.withLock { entries in
            guard let users = entries[key]?.users else { return }
            if users > 1 { entries[key]?.users = users - 1 } else { entries[key] = nil }
        }
    }

    var all: [(key: Key, use: ResourceUse)] {
        self.entries.withLock { entries in entries.map { ($0.key, $0.value.account.use) } }
    }
}
