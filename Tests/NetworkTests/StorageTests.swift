import Bytes
import EventLoop
import Foundation
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(1))) struct StorageTests {
    private static let schema = Schema(
        applicationID: 77,
        steps: [
            "CREATE TABLE numbers (value INTEGER NOT NULL PRIMARY KEY)", "ALTER TABLE numbers ADD COLUMN name TEXT",
        ])

    /// Opens the database, runs `body` and closes it again.
    @discardableResult
    private func with<Value: Sendable>(
        _ directory: StorageDirectory, _ schema: Schema = Self.schema, setsDamagedAside: Bool = true,
        run body: @escaping @Sendable (Database) throws(StorageError) -> Value
    ) async throws -> Value {
        let storage = try await Storage(
            path: directory.database, schema: schema, setsDamagedAside: setsDamagedAside)
        let result: Result<Value, StorageError>
        do throws(StorageError) {
            result = .success(try await storage.perform(body))
        } catch {
            result = .failure(error)
        }
        await storage.close()
        return try result.get()
    }

    @Sendable private static func insert(_ database: Database) throws(StorageError) {
        try database.transaction { () throws(StorageError) in
            try database.execute("INSERT INTO numbers (value) VALUES (?)", [.integer(42)])
        }
    }

    @Sendable private static func values(_ database: Database) throws(StorageError) -> [Int64] {
        try database.query("SELECT value FROM numbers ORDER BY value") { row throws(StorageError) in
            try row.integer(0)
        }
    }

    // MARK: Values and transactions

    @Test func `every kind of value comes back as it was bound`() async throws {
        let directory = try StorageDirectory()
        let schema = Schema(applicationID: 1, steps: ["CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d BLOB, e BLOB)"])
        try await self.with(directory, schema) { database throws(StorageError) in
            try database.execute(
                "INSERT INTO t VALUES (?, ?, ?, ?, ?)",
                [.integer(.min), .text("a\u{0}ü"), .blob([0, 1, 255]), .blob([]), .null])
            _ = try database.query("SELECT * FROM t") { row throws(StorageError) in
                let (integer, text, blob) = (try row.integer(0), try row.text(1), try row.blob(2))
                #expect(integer == .min && text == "a\u{0}ü" && blob == [0, 1, 255])
                let (empty, nothing) = (try row.blob(3), try row.optionalBlob(4))
                #expect(empty == Bytes() && nothing == nil)
                for column in [1, 2, 4, 9] {
                    do throws(StorageError) {
                        _ = try row.integer(column)
                        Issue.record("column \(column) was read as an integer")
                    } catch {
                        #expect(error == .wrongType(column: column))
                    }
                }
            }
        }
    }

    @Test func `a transaction that throws leaves nothing behind`() async throws {
        let directory = try StorageDirectory()
        await #expect(throws: StorageError.closed) {
            try await self.with(directory) { database throws(StorageError) in
                try database.transaction { () throws(StorageError) in
                    try database.execute("INSERT INTO numbers (value) VALUES (?)", [.integer(1)])
                    throw StorageError.closed
                }
            }
        }
        #expect(try await self.with(directory, run: Self.values) == [])
    }

    @Test func `a statement that breaks a rule of the tables is an error, and the next one works`() async throws {
        let directory = try StorageDirectory()
        let values = try await self.with(directory) { database throws(StorageError) in
            try Self.insert(database)
            do throws(StorageError) {
                try Self.insert(database)
                Issue.record("the same number went in twice")
            } catch {
                guard case .failed = error else { throw error }
            }
            return try Self.values(database)
        }
        #expect(values == [42])
    }

    @Test func `what was stored is there after the next start, and other processes see it at once`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let first = try await Storage(path: directory.database, schema: Self.schema)
        let second = try await Storage(path: directory.database, schema: Self.schema)
        let before = try await second.perform { database throws(StorageError) in try database.dataVersion() }
        try await first.perform(Self.insert)
        let (after, values) = try await second.perform { database throws(StorageError) in
            (try database.dataVersion(), try Self.values(database))
        }
        #expect(after != before && values == [42])
        let own = try await first.perform { database throws(StorageError) in try database.dataVersion() }
        #expect(own == (try await first.perform { database throws(StorageError) in try database.dataVersion() }))
        await first.close()
        await second.close()
        #expect(try await self.with(directory, run: Self.values) == [42])
    }

    @Test func `what is asked of a closed database is an error`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let storage = try await Storage(path: directory.database, schema: Self.schema)
        await storage.close()
        await #expect(throws: StorageError.closed) { try await storage.perform(Self.values) }
    }

    @Test func `the database has a thread of its own`() async throws {
        let directory = try StorageDirectory()
        defer { withExtendedLifetime(directory) {} }
        let storage = try await Storage(path: directory.database, schema: Self.schema)
        let loop = storage.loop
        let isCurrent = try await storage.perform { _ throws(StorageError) in loop.isCurrent }
        #expect(isCurrent && !loop.isCurrent)
        await storage.close()
    }

    @Test func `the files are their owner's alone, whatever they were before`() async throws {
        let directory = try StorageDirectory()
        let storage = try await Storage(path: directory.database, schema: Self.schema)
        try await storage.perform(Self.insert)
        #expect(directory.files == ["peers.sqlite", "peers.sqlite-shm", "peers.sqlite-wal"])
        for file in directory.files { #expect(try directory.mode(of: file) == 0o600) }
        await storage.close()
        chmod(directory.database, 0o644)
        try await self.with(directory, run: Self.values)
        #expect(try directory.mode(of: "peers.sqlite") == 0o600)
    }

    // MARK: Versions

    @Test(arguments: [0, 1, 2]) func `a file of any earlier version is brought up to this one`(
        version: Int
    ) async throws {
        let directory = try StorageDirectory()
        let earlier = Schema(applicationID: 77, steps: Array(Self.schema.steps.prefix(version)))
        try await self.with(directory, earlier) { database throws(StorageError) in
            if version > 0 { try Self.insert(database) }
        }
        let values = try await self.with(directory) { database throws(StorageError) in
            try database.execute("UPDATE numbers SET name = 'x'")
            return try Self.values(database)
        }
        #expect(values == (version > 0 ? [42] : []))
        #expect(directory.files == ["peers.sqlite"])
    }

    @Test func `a step that fails leaves the file at the version that it had`() async throws {
        let directory = try StorageDirectory()
        try await self.with(directory, run: Self.insert)
        let wrong = Schema(applicationID: 77, steps: Self.schema.steps + ["CREATE TABLE more (a)", "no SQL"])
        await #expect(throws: StorageError.self) { try await self.with(directory, wrong, run: Self.values) }
        #expect(try await self.with(directory, run: Self.values) == [42])
    }

    // MARK: Damage

    private static let damages: [(String, @Sendable (StorageDirectory) throws -> Void)] = [
        ("a text", { try $0.write("peers.sqlite", Array("this is no database, and was none".utf8)) }),
        ("zeros", { try $0.write("peers.sqlite", [UInt8](repeating: 0, count: 4_096)) }),
        (
            "a header alone",
            { try $0.write("peers.sqlite", Array(try $0.contents(of: "peers.sqlite").prefix(100))) }
        ),
        (
            "a cut file",
            { directory in
                let bytes = try directory.contents(of: "peers.sqlite")
                try directory.write("peers.sqlite", bytes.prefix(bytes.count / 2))
            }
        ),
        (
            "pages of noise",
            { directory in
                var bytes = try directory.contents(of: "peers.sqlite")
                for index in 100..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
                try directory.write("peers.sqlite", bytes)
            }
        ),
        (
            "a second page of noise",
            { directory in
                var bytes = try directory.contents(of: "peers.sqlite")
                for index in 4_096..<8_192 { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
                try directory.write("peers.sqlite", bytes)
            }
        ),
    ]

    @Test(arguments: damages.indices) func `a damaged database is set aside, and the next one works`(
        index: Int
    ) async throws {
        let (name, damage) = Self.damages[index]
        let directory = try StorageDirectory()
        try await self.with(directory, run: Self.insert)
        try damage(directory)
        let damaged = try directory.contents(of: "peers.sqlite")
        // Whoever only looks leaves it alone.
        await #expect(throws: StorageError.self, "\(name)") {
            try await self.with(directory, setsDamagedAside: false, run: Self.values)
        }
        #expect(try directory.contents(of: "peers.sqlite") == damaged, "\(name)")
        let values = try await self.with(directory) { database throws(StorageError) in
            let values = try Self.values(database)
            try Self.insert(database)
            return values
        }
        #expect(values == [], "\(name)")
        #expect(directory.files.contains("peers.sqlite.damaged-1"), "\(name)")
        #expect(try directory.contents(of: "peers.sqlite.damaged-1") == damaged, "\(name)")
        #expect(try await self.with(directory, run: Self.values) == [42])
        #expect(!directory.files.contains("peers.sqlite.damaged-2"))
    }

    @Test func `a file of a newer version, and one of another program, is set aside too`() async throws {
        let others = [
            Schema(applicationID: 77, steps: Self.schema.steps + ["CREATE TABLE more (a)"]),
            Schema(applicationID: 78, steps: Self.schema.steps),
            Schema(applicationID: 77, steps: ["CREATE TABLE numbers (a)", "CREATE TABLE others (b)"]),
        ]
        let directory = try StorageDirectory()
        for (index, schema) in others.enumerated() {
            try await self.with(directory, schema) { _ in }
            #expect(try await self.with(directory, run: Self.values) == [])
            #expect(directory.files.contains("peers.sqlite.damaged-\(index + 1)"))
            // What was set aside is whole.
            try FileManager.default.removeItem(atPath: directory.database)
            try FileManager.default.copyItem(
                atPath: "\(directory.database).damaged-\(index + 1)", toPath: directory.database)
            try await self.with(directory, schema, setsDamagedAside: false) { _ in }
            try FileManager.default.removeItem(atPath: directory.database)
        }
    }

    @Test func `damaged files are not collected without end`() async throws {
        let directory = try StorageDirectory()
        for _ in 0..<20 {
            try directory.write("peers.sqlite", Array("damaged".utf8))
            try await self.with(directory, run: Self.values)
        }
        #expect(directory.files.count { $0.contains("damaged") } == 16)
    }

    @Test func `the log of a damaged database is not taken for that of the next`() async throws {
        let directory = try StorageDirectory()
        try await self.with(directory, run: Self.insert)
        let storage = try await Storage(path: directory.database, schema: Self.schema)
        // The log has the last change alone, not the whole database.
        try await storage.perform { database throws(StorageError) in
            try database.execute("INSERT INTO numbers (value) VALUES (43)")
        }
        let log = try directory.contents(of: "peers.sqlite-wal")
        await storage.close()
        // A process was killed, and then the database was damaged.
        try directory.write("peers.sqlite-wal", log)
        try directory.write("peers.sqlite", Array("damaged".utf8))
        #expect(try await self.with(directory, run: Self.values) == [])
        #expect(try directory.contents(of: "peers.sqlite.damaged-1-wal") == log)
    }

    @Test(arguments: ["/nonexistent/peers.sqlite", "/proc/peers.sqlite", NSTemporaryDirectory()])
    func `a place where no file can be is an error, and nothing is set aside`(path: String) async throws {
        let error = try await #require(throws: StorageError.self) {
            _ = try await Storage(path: path, schema: Self.schema)
        }
        guard case .unavailable(let at, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(at == path)
    }
}
