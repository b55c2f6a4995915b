package import Bytes
internal import CSQLite

/// One row of an answer, valid within the call that it is given to.
package struct SQLRow {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { self.statement = statement }

    /// The integer of a column, counted from 0.
    package func integer(_ column: Int) throws(StorageError) -> Int64 {
        try self.check(column, SQLITE_INTEGER)
        return sqlite3_column_int64(self.statement, Int32(column))
    }

    /// The text of a column; what is not UTF-8 in it is replaced.
    package func text(_ column: Int) throws(StorageError) -> String {
        try self.check(column, SQLITE_TEXT)
        return String(decoding: self.bytes(column), as: UTF8.self)
    }

    /// The bytes of a column.
    package func blob(_ column: Int) throws(StorageError) -> Bytes {
        try self.check(column, SQLITE_BLOB)
        return self.bytes(column)
    }

    /// The integer of a column, or nil where it is null.
    package func optionalInteger(_ column: Int) throws(StorageError) -> Int64? {
        self.isNull(column) ? nil : try self.integer(column)
    }

    /// The bytes of a column, or nil where it is null.
    package func optionalBlob(_ column: Int) throws(StorageError) -> Bytes? {
        self.isNull(column) ? nil : try self.blob(column)
    }

    private func isNull(_ column: Int) -> Bool { sqlite3_column_type(self.statement, Int32(column)) == SQLITE_NULL }

    private func check(_ column: Int, _ type: Int32) throws(StorageError) {
        guard sqlite3_column_type(self.statement, Int32(column)) == type else { throw .wrongType(column: column) }
    }

    private func bytes(_ column: Int) -> Bytes {
        // The pointer first: asking for it may change the length (sqlite.org/c3ref/column_blob.html).
        let pointer = sqlite3_column_blob(self.statement, Int32(column))
        let count = Int(sqlite3_column_bytes(self.statement, Int32(column)))
        return Bytes(copying: UnsafeRawBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
    }
}
