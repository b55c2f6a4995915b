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
        while number < Self.damagedFiles, access("\(path).damaged-\(number)", F_OK) == 0 { number += 1 }
        let kept = "\(path).damaged-\(number)"
        guard rename(path, kept) == 0 else {
            throw .unavailable(path: path, reason: "it is damaged, and cannot be renamed: \(Self.reason())")
        }
        // A log would be taken for that of the file that comes next, though SQLite deletes one beside an empty file.
        rename("\(path)-wal", "\(kept)-wal")
        unlink("\(path)-shm")
        return kept
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
