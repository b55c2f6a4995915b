/// The tables of a database, as the steps by which each version came of the one before.
///
/// The number of steps that a file has gone through is its `user_version`. A step that was released is never changed.
package struct Schema: Sendable {
    /// Tells our files from those of other programs (sqlite.org/pragma.html, "application_id").
    let applicationID: Int32
    let steps: [String]
    /// What an empty database takes over from a damaged one whose place it takes, as far as that can be read.
    let rescued: [RescuedTable]

    /// A table whose rows must not be lost while they can be read (100,000 of them), and its columns, all of text.
    package struct RescuedTable: Sendable {
        let name: String
        let columns: [String]

        package init(_ name: String, columns: [String]) {
            self.name = name
            self.columns = columns
        }
    }

    /// The schema that `steps`, each of some statements of SQL, lead to from an empty database.
    package init(applicationID: Int32, steps: [String], rescued: [RescuedTable] = []) {
        self.applicationID = applicationID
        self.steps = steps
        self.rescued = rescued
    }

    /// Takes the steps that the database has not gone through; all in one transaction, so that none is half done.
    ///
    /// Throws `.newer` and, where the tables are not those of the steps, `.damaged`.
    func migrate(_ database: Database) throws(StorageError) {
        if try self.version(of: database) < self.steps.count {
            try database.transaction(.power) { () throws(StorageError) in
                // Another process may have been faster.
                let version = try self.version(of: database)
                for step in self.steps[version...] { try database.run(script: step) }
                try database.run(script: "PRAGMA application_id = \(self.applicationID)")
                try database.run(script: "PRAGMA user_version = \(self.steps.count)")
            }
        }
        guard try Self.tables(of: database) == self.expectedTables() else {
            throw .damaged(path: database.path, reason: "it does not have the tables that it should")
        }
    }

    /// How many steps the database has gone through.
    private func version(of database: Database) throws(StorageError) -> Int {
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        guard version <= self.steps.count else { throw .newer(path: database.path, version: version) }
        let isEmpty = try database.integer("SELECT count(*) FROM sqlite_schema") == 0
        let isOurs = try database.integer("PRAGMA application_id") == Int64(self.applicationID)
        guard version > 0 ? isOurs : version == 0 && isEmpty else {
            throw .damaged(path: database.path, reason: "it is the database of another program")
        }
        return version
    }

    private static func tables(of database: Database) throws(StorageError) -> [String] {
        try database.query("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name") {
            row throws(StorageError) in
            "\(try row.text(0)): \(try row.text(1))"
        }
    }

    private func expectedTables() throws(StorageError) -> [String] {
        let database = try Database(connecting: ":memory:")
        for step in self.steps { try database.run(script: step) }
        return try Self.tables(of: database)
    }
}
