import Bytes
import Telemetry

extension Database {
    private static let log = Log("storage")

    /// Opens the database at `path`, makes it where there is none, and brings it up to the schema.
    ///
    /// One that is damaged, or that a newer version has made, is renamed where `setsDamagedAside` says so, and an empty one
    /// takes its place; otherwise it is left alone and this throws.
    static func open(_ path: String, _ schema: Schema, setsDamagedAside: Bool) throws(StorageError) -> Database {
        do throws(StorageError) {
            return try Self.openWhole(path, schema)
        } catch {
            guard setsDamagedAside, error.isDamage else { throw error }
            let kept = try DatabaseFile.setAside(path)
            let database = try Self.openWhole(path, schema)
            let rescued = schema.rescued.map { "\($0.name): \(Self.rescue($0, of: kept, into: database))" }
            Self.log.error(
                "a database is set aside and an empty one takes its place",
                [
                    "file": path, "kept_as": kept, "reason": error,
                    "rescued": rescued.isEmpty ? "nothing" : rescued.joined(separator: ", "),
                ])
            return database
        }
    }

    /// So many rows are taken over: whatever is in a damaged file, it is no reason not to start.
    private static let rescuedRows = 100_000

    /// Takes over what can be read of a table, row by row up to the damage; how many rows, and why no more.
    private static func rescue(_ table: Schema.RescuedTable, of path: String, into database: Database) -> String {
        var rows: [[SQLValue]] = []
        let columns = table.columns.joined(separator: ", ")
        var end = "rows"
        do throws(StorageError) {
            // What was not in the log yet is in the file.
            let damaged = try Database(connecting: path)
            _ = try damaged.query("SELECT \(columns) FROM \(table.name) LIMIT \(Self.rescuedRows)") {
                row throws(StorageError) in
                var values: [SQLValue] = []
                for column in table.columns.indices { values.append(.text(try row.text(column))) }
                rows.append(values)
            }
        } catch {
            end = "rows, and no more could be read"
        }
        let marks = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
        var count = 0
        try? database.transaction(.power) { () throws(StorageError) in
            for row in rows {
                // One that the rules of the table forbid is damage, too.
                let isTaken: Void? = try? database.execute(
                    "INSERT OR IGNORE INTO \(table.name) (\(columns)) VALUES (\(marks))", row)
                if isTaken != nil { count += 1 }
            }
        }
        return "\(count) \(end)"
    }

    private static func openWhole(_ path: String, _ schema: Schema) throws(StorageError) -> Database {
        try DatabaseFile.make(path)
        let database = try Database(connecting: path)
        try database.configure()
        let findings = try database.query("PRAGMA integrity_check(1)") { row throws(StorageError) in try row.text(0) }
        guard findings == ["ok"] else {
            throw .damaged(path: path, reason: findings.first ?? "its integrity cannot be checked")
        }
        try schema.migrate(database)
        database.keepsLogOnClose(false)
        return database
    }
}
