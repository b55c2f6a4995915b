#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The file of a database, apart from what is in it.
enum DatabaseFile {
    /// How many damaged files are kept beside each other; the last one is replaced.
    static let damagedFiles = 16

    /// Makes an empty file for its owner alone; SQLite gives the files beside it the same permissions.
    static func make(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST {
            throw .unavailable(path: path, reason: Self.reason())
        } else {
            // By its name: to close a descriptor of a database would take this process's locks off it.
            chmod(path, 0o600)
        }
    }

    /// Gives the file, and what belongs to it, another name in its directory; answers that name.
    static func setAside(_ path: String) throws(StorageError) -> String {
        var number = 1
        while number < Self.damagedFiles, Self.exists("\(path).damaged-\(number)") { number += 1 }
        let kept = "\(path).damaged-\(number)"
        // The file first: without its log it might pass for whole, with less in it.
        try Self.rename(path, to: kept)
        try Self.setLogAside(path, kept)
        return kept
    }

    /// Takes the log away that a file has left behind: it would be taken for that of the file that comes next.
    private static func setLogAside(_ path: String, _ kept: String) throws(StorageError) {
        if Self.exists("\(path)-wal") { try Self.rename("\(path)-wal", to: "\(kept)-wal") }
        unlink("\(path)-shm")
    }

    /// The same for a file that was set aside by a process that has come no further.
    static func setLeftLogAside(_ path: String) throws(StorageError) {
        let kept = (1...Self.damagedFiles).map { "\(path).damaged-\($0)" }.last { Self.exists($0) }
        try Self.setLogAside(path, kept ?? "\(path).damaged-1")
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Removes the file and what belongs to it, as far as it is there.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink("\(path)\(suffix)") }
    }

    /// Gives a file that is closed another name.
    static func rename(_ path: String, to other: String) throws(StorageError) {
        #if canImport(Darwin)
            let code = Darwin.rename(path, other)
        #else
            let code = Glibc.rename(path, other)
        #endif
        guard code == 0 else {
            throw .unavailable(path: other, reason: "\(path) cannot be given this name: \(Self.reason())")
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
