import Bytes
import EventLoop
package import Storage

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The database of a node: the peers that it knows, and whom it lets connect.
package enum NodeDatabase {
    /// Its tables; each step is what a released version added. They are strict, so that a value of another type is damage.
    static let schema = Schema(
        // "Apus"
        applicationID: 0x4170_7573,
        steps: [
            """
            CREATE TABLE peers (
                id BLOB NOT NULL PRIMARY KEY,
                agent TEXT NOT NULL,
                key BLOB,
                sequence INTEGER,
                record BLOB,
                record_expires INTEGER,
                connected INTEGER NOT NULL,
                seen INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE addresses (
                peer BLOB NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
                place INTEGER NOT NULL,
                address BLOB NOT NULL,
                source INTEGER NOT NULL,
                expires INTEGER,
                PRIMARY KEY (peer, place)
            ) WITHOUT ROWID, STRICT;
            CREATE TABLE protocols (
                peer BLOB NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
                place INTEGER NOT NULL,
                protocol TEXT NOT NULL,
                PRIMARY KEY (peer, place)
            ) WITHOUT ROWID, STRICT;
            """,
            """
            CREATE TABLE access_rules (
                target TEXT NOT NULL PRIMARY KEY,
                action TEXT NOT NULL CHECK (action IN ('allow', 'deny'))
            ) WITHOUT ROWID, STRICT;
            """,
        ],
        // Whoever was denied stays so.
        rescued: [Schema.RescuedTable("access_rules", columns: ["target", "action"])])

    /// Whether there is a database at `path`, or what a node will make it of.
    package static func isThere(_ path: String) -> Bool { Storage.isThere(path) }

    /// Opens the database at `path`, and makes it where there is none. Throws `StorageError`.
    package static func open(_ path: String, setsDamagedAside: Bool = true) async throws(StorageError) -> Storage {
        try await Storage(path: path, schema: Self.schema, setsDamagedAside: setsDamagedAside)
    }
}

/// One moment on the clock of this process and on that of the world: what is stored outlives the first.
struct StorageClock: Sendable {
    let now: Instant
    /// Seconds since 1970.
    let unix: Int64

    init(now: Instant, unix: Int64) {
        self.now = now
        self.unix = unix
    }

    /// This moment.
    static func current() -> StorageClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return StorageClock(now: EventLoop.monotonicNow(), unix: Int64(time.tv_sec))
    }

    /// Seconds since 1970, at most what SQLite holds; nil for never.
    func unix(_ instant: Instant) -> Int64? {
        guard instant != .distantFuture else { return nil }
        // Rounded up, so that what is stored is never shorter than what was meant.
        let seconds = (instant - self.now).saturatingNanoseconds / 1_000_000_000
        return self.unix.addingReportingOverflow(seconds + 1).partialValue
    }

    /// The instant of a stored time, at most `longest` from now: clocks are set back, too.
    func instant(_ unix: Int64?, atMost longest: Duration?) -> Instant {
        guard let unix else { return longest.map { self.now + $0 } ?? .distantFuture }
        let (seconds, overflow) = unix.subtractingReportingOverflow(self.unix)
        let ahead: Duration = .seconds(overflow ? (unix < self.unix ? Int64.min : .max) : seconds)
        return self.now + min(ahead, longest ?? ahead)
    }
}
