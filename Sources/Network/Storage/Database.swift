import Bytes
internal import CSQLite

/// One open SQLite database. It is confined to one thread, except that it may be dropped on any.
package final class Database {
    /// What a committed transaction survives.
    package enum Durability: Sendable {
        /// The end of the process, however it comes.
        case process
        /// A loss of power too, at the cost of a write-through to the disk.
        case power
    }

    /// Where the file is.
    package let path: String
    private var handle: OpaquePointer?
    /// Statements are constants of this program, so there are no more of them than places that run one.
    private var statements: [String: SQLStatement] = [:]

    /// How long a writer waits for one of another process, in milliseconds.
    private static let busyTimeout: Int32 = 5_000
    /// What is left of the write-ahead log behind a checkpoint, in bytes.
    private static let logSize = 4 * 1024 * 1024

    /// Opens the file, or makes it. It is not looked into yet.
    init(connecting path: String) throws(StorageError) {
        self.path = path
        var handle: OpaquePointer?
        // One thread uses it, so SQLite need not lock it.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        self.handle = handle
        guard code == SQLITE_OK else {
            let error = self.error(code)
            self.close()
            throw error
        }
        sqlite3_busy_timeout(handle, Self.busyTimeout)
        self.keepsLogOnClose(true)
    }

    /// Whether a close leaves the log where it is: as long as nobody knows whether the file is whole, nothing is written to
    /// it.
    func keepsLogOnClose(_ keeps: Bool) {
        if let handle = self.handle { _ = CSQLite_keep_log_on_close(handle, keeps ? 1 : 0) }
    }

    deinit { self.close() }

    /// Closes the database; whatever is asked of it later throws `.closed`.
    package func close() {
        self.statements = [:]
        if let handle = self.handle.take() { sqlite3_close_v2(handle) }
    }

    /// Sets up what holds for a connection: a log that is written ahead, so that readers and the writer do not wait for each
    /// other, and that survives the end of the process without a flush (sqlite.org/wal.html).
    func configure() throws(StorageError) {
        try self.run(script: "PRAGMA journal_mode = WAL")
        try self.run(script: "PRAGMA synchronous = NORMAL")
        try self.run(script: "PRAGMA journal_size_limit = \(Self.logSize)")
        try self.run(script: "PRAGMA foreign_keys = ON")
        try self.distrust()
    }

    /// The file may have been changed by anybody: its schema gets no say (sqlite.org/security.html).
    func distrust() throws(StorageError) {
        try self.run(script: "PRAGMA trusted_schema = OFF")
        try self.run(script: "PRAGMA cell_size_check = ON")
    }

    // MARK: Statements

    /// Runs a statement that answers nothing.
    package func execute(_ sql: String, _ bindings: [SQLValue] = []) throws(StorageError) {
        try self.step(sql, bindings) { _ in }
    }

    /// Runs a statement and makes a value of each row of its answer.
    package func query<Value>(
        _ sql: String, _ bindings: [SQLValue] = [], _ read: (SQLRow) throws(StorageError) -> Value
    ) throws(StorageError) -> [Value] {
        var values: [Value] = []
        try self.step(sql, bindings) { row throws(StorageError) in values.append(try read(row)) }
        return values
    }

    /// The integer that a statement answers with; nil where it answers nothing.
    package func integer(_ sql: String, _ bindings: [SQLValue] = []) throws(StorageError) -> Int64? {
        try self.query(sql, bindings) { row throws(StorageError) in try row.integer(0) }.first
    }

    /// Runs statements one after the other, without values.
    func run(script: String) throws(StorageError) {
        guard let handle = self.handle else { throw .closed }
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw self.error(code) }
    }

    private func step(
        _ sql: String, _ bindings: [SQLValue], _ read: (SQLRow) throws(StorageError) -> Void
    ) throws(StorageError) {
        let code = try self.statement(sql).run(bindings, read)
        guard code == SQLITE_DONE else { throw self.error(code) }
    }

    private func statement(_ sql: String) throws(StorageError) -> SQLStatement {
        guard let handle = self.handle else { throw .closed }
        if let statement = self.statements[sql] { return statement }
        guard let statement = SQLStatement(sql, handle) else { throw self.error(sqlite3_errcode(handle)) }
        self.statements[sql] = statement
        return statement
    }

    // MARK: Transactions

    /// Runs `body` as one transaction: all of it is stored, or nothing where it throws. When this returns it is committed.
    package func transaction<Value>(
        _ durability: Durability = .process, _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        if durability == .power { try self.run(script: "PRAGMA synchronous = FULL") }
        defer { if durability == .power { try? self.run(script: "PRAGMA synchronous = NORMAL") } }
        // The lock is taken at the start, so that what was read is still so when it is written.
        try self.execute("BEGIN IMMEDIATE")
        do throws(StorageError) {
            let value = try body()
            try self.execute("COMMIT")
            return value
        } catch {
            try? self.execute("ROLLBACK")
            throw error
        }
    }

    /// A number that changes when another connection has committed something.
    package func dataVersion() throws(StorageError) -> Int64 { try self.integer("PRAGMA data_version") ?? 0 }

    // MARK: Errors

    /// What one of SQLite's codes means (sqlite.org/rescode.html).
    private func error(_ code: Int32) -> StorageError {
        let reason = self.handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "SQLite's code \(code)"
        // The low byte is the primary code.
        switch code & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT: return .damaged(path: self.path, reason: reason)
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH:
            return .unavailable(path: self.path, reason: reason)
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy(path: self.path)
        default: return .failed(path: self.path, reason: reason)
        }
    }
}
