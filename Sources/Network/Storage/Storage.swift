import Bytes
package import EventLoop

/// A database and the thread that owns it: everything that reads or writes it runs there, one after the other.
package final class Storage: Sendable {
    /// Where the file is.
    package let path: String
    /// The thread of the database. What waits for disks has one of its own: no connection may wait with it.
    package let loop: EventLoop
    private let database: LoopBound<Database>

    /// Opens the database at `path`, and makes it where there is none.
    ///
    /// One that is damaged, or that a newer version has made, is set aside under another name in the same directory, with a
    /// line in the log, unless `setsDamagedAside` forbids it.
    package init(path: String, schema: Schema, setsDamagedAside: Bool = true) async throws(StorageError) {
        // A disk may take its time; that is nothing to report.
        let loop = EventLoop(
            index: 0,
            options: EventLoopOptions(name: "apus-storage", spinning: false, slowCallbackThreshold: .seconds(2)))
        self.path = path
        self.loop = loop
        do throws(StorageError) {
            self.database = try await loop.perform { () throws(StorageError) in
                LoopBound(try Database.open(path, schema, setsDamagedAside: setsDamagedAside), on: loop)
            }
        } catch {
            await loop.stop()
            throw error
        }
    }

    /// Whether there is a database at `path`, or one that a process was ended in putting there.
    package static func isThere(_ path: String) -> Bool {
        DatabaseFile.exists(path) || DatabaseReplacement.isUnfinished(path)
    }

    /// Runs `body` with the database, on its thread, behind what was asked before.
    package func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let database = self.database
        return try await self.loop.perform { () throws(StorageError) in
            database.loop.currentLabel = "storage"
            return try body(database.value)
        }
    }

    /// Closes the database and ends its thread; what is asked for later throws `.closed`.
    package func close() async {
        let database = self.database
        await self.loop.perform { database.value.close() }
        await self.loop.stop()
    }
}
