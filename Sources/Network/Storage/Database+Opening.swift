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
            Self.log.error(
                "a database is set aside and an empty one takes its place",
                ["file": path, "kept_as": kept, "reason": error])
            return try Self.openWhole(path, schema)
        }
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
