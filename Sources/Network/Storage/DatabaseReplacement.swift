import Telemetry

/// Puts an empty database in the place of a damaged one, with what can be read of the rows that must not be lost.
///
/// The new file is made beside the damaged one and takes its place when it is whole: whenever the process ends, the next
/// start finds the one or the other.
enum DatabaseReplacement {
    private static let log = Log("storage")
    /// So many rows of a table are taken over: whatever is in a damaged file, it is no reason not to start.
    private static let rescuedRows = 100_000

    private struct Rescued {
        let table: Schema.RescuedTable
        var rows: [[SQLValue]] = []
        var isWhole = true
        var count: Int64 = 0
    }

    /// Sets the database at `path` aside, because of `reason`. Throws where the new one cannot be made: then it stays.
    static func replace(_ path: String, _ schema: Schema, because reason: StorageError) throws(StorageError) {
        self.log.error("a database is damaged", ["file": path, "reason": reason])
        var rescued: [Rescued] = []
        for table in schema.rescued { rescued.append(Self.read(table, of: path)) }
        let fresh = Self.fresh(path)
        DatabaseFile.remove(fresh)
        let database = try Database.openWhole(fresh, schema)
        defer { database.close() }
        for index in rescued.indices { rescued[index].count = try Self.insert(rescued[index], into: database) }
        database.close()
        guard !DatabaseFile.exists("\(fresh)-wal") else {
            throw .failed(path: fresh, reason: "what was written to it could not be put into the file itself")
        }
        let kept = try DatabaseFile.setAside(path)
        try DatabaseFile.rename(fresh, to: path)
        let saved = rescued.map { "\($0.table.name) \($0.count)\($0.isWhole ? "" : ", and no more could be read")" }
        self.log.error(
            "a damaged database is set aside and an empty one took its place",
            ["file": path, "kept_as": kept, "rescued": saved.isEmpty ? "nothing" : saved.joined(separator: "; ")])
    }

    /// Whether a process was ended when it had set the damaged file aside, and the new one has not its name yet.
    static func isUnfinished(_ path: String) -> Bool {
        !DatabaseFile.exists(path) && DatabaseFile.exists(Self.fresh(path))
    }

    /// Finishes what a process began that was ended.
    static func finish(_ path: String) throws(StorageError) {
        guard self.isUnfinished(path) else { return }
        try DatabaseFile.setLeftLogAside(path)
        try DatabaseFile.rename(Self.fresh(path), to: path)
    }

    /// Removes what a process left that was ended before the new file was whole; the one in its place is.
    static func forget(_ path: String) { DatabaseFile.remove(Self.fresh(path)) }

    private static func fresh(_ path: String) -> String { "\(path).new" }

    /// The rows that can be read of a table, up to the damage.
    private static func read(_ table: Schema.RescuedTable, of path: String) -> Rescued {
        var rescued = Rescued(table: table)
        do throws(StorageError) {
            let damaged = try Database(connecting: path)
            defer { damaged.close() }
            try damaged.distrust()
            let columns = table.columns.joined(separator: ", ")
            _ = try damaged.query("SELECT \(columns) FROM \(table.name) LIMIT \(Self.rescuedRows)") {
                row throws(StorageError) in
                var values: [SQLValue] = []
                for column in table.columns.indices { values.append(.text(try row.text(column))) }
                rescued.rows.append(values)
            }
            rescued.isWhole = rescued.rows.count < Self.rescuedRows
        } catch {
            rescued.isWhole = false
        }
        return rescued
    }

    /// Enters the rows but for those that the rules of the table forbid, which are damage too; how many they are.
    private static func insert(_ rescued: Rescued, into database: Database) throws(StorageError) -> Int64 {
        let table = rescued.table
        let marks = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
        let columns = table.columns.joined(separator: ", ")
        return try database.transaction(.power) { () throws(StorageError) in
            var count: Int64 = 0
            for row in rescued.rows {
                try database.execute("INSERT OR IGNORE INTO \(table.name) (\(columns)) VALUES (\(marks))", row)
                count += try database.integer("SELECT changes()") ?? 0
            }
            return count
        }
    }
}
