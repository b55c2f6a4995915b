import Bytes

extension Database {
    /// Opens the database at `path`, makes it where there is none, and brings it up to the schema.
    ///
    /// One that is damaged, or that a newer version has made, is renamed where `setsDamagedAside` says so, and an empty one
    /// takes its place (`DatabaseReplacement`); otherwise it is left alone and this throws.
    static func open(_ path: String, _ schema: Schema, setsDamagedAside: Bool) throws(StorageError) -> Database {
        guard setsDamagedAside else {
            guard !DatabaseReplacement.isUnfinished(path) else {
                throw .unavailable(
                    path: path, reason: "its replacement was interrupted; the node finishes it when it starts")
            }
            return try Self.openWhole(path, schema)
        }
        try DatabaseReplacement.finish(path)
        do throws(StorageError) {
            let database = try Self.openWhole(path, schema)
            DatabaseReplacement.forget(path)
            return database
        } catch {
            guard error.isDamage else { throw error }
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
