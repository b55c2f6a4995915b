import Bytes

extension Database {
    /// Opens the database at `path`, makes it where there is none, and brings it up to the schema.
    ///
    /// One that is damaged, or that a newer version has made, is renamed where `setsDamagedAside` says so, and an empty one
    /// takes its place (`DatabaseReplacement`); otherwise it is left alone and this throws.
    static func open(_ path: String, _ schema: Schema, setsDamagedAside: Bool) throws(StorageError) -> Database {
        do throws(StorageError) {
            if setsDamagedAside { try DatabaseReplacement.finish(path) }
            return try Self.openWhole(path, schema)
        } catch {
            guard setsDamagedAside, error.isDamage else { throw error }
            try DatabaseReplacement.replace(path, schema, because: error)
            return try Self.openWhole(path, schema)
        }
    }

    static func openWhole(_ path: String, _ schema: Schema) throws(StorageError) -> Database {
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
