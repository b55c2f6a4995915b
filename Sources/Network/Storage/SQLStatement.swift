import Bytes
internal import CSQLite

/// A prepared statement, freed with its last holder; confined to the thread of its database.
final class SQLStatement {
    private let pointer: OpaquePointer

    /// Prepares one statement for many uses; nil where SQLite refuses it.
    init?(_ sql: String, _ database: OpaquePointer) {
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(database, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { sqlite3_finalize(self.pointer) }

    /// Runs the statement and gives `read` each row; answers SQLite's code, SQLITE_DONE where all went well.
    func run(_ bindings: [SQLValue], _ read: (SQLRow) throws(StorageError) -> Void) throws(StorageError) -> Int32 {
        defer {
            sqlite3_reset(self.pointer)
            sqlite3_clear_bindings(self.pointer)
        }
        precondition(
            bindings.count == Int(sqlite3_bind_parameter_count(self.pointer)), "a value for each parameter is needed")
        for (index, value) in bindings.enumerated() {
            let code = self.bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { return code }
        }
        while true {
            let code = sqlite3_step(self.pointer)
            guard code == SQLITE_ROW else { return code }
            try read(SQLRow(self.pointer))
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(self.pointer, index)
        case .integer(let value): return sqlite3_bind_int64(self.pointer, index, value)
        case .text(let text):
            return Array(text.utf8).withUnsafeBytes {
                CSQLite_bind_text(self.pointer, index, $0.baseAddress ?? Self.nothing, UInt64($0.count))
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                CSQLite_bind_blob(self.pointer, index, $0.baseAddress ?? Self.nothing, UInt64($0.count))
            }
        }
    }

    /// An address for no bytes: with a null pointer SQLite binds null.
    private static var nothing: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped }
}
