/// Why something could not be stored or read.
public enum StorageError: Error, Hashable, Sendable {
    /// The file cannot be opened or made.
    case unavailable(path: String, reason: String)
    /// The file is no database, or one whose content does not hold together.
    case damaged(path: String, reason: String)
    /// A newer version of this program has made the file.
    case newer(path: String, version: Int)
    /// Another process keeps the database locked.
    case busy(path: String)
    /// A column does not have the type that is asked for.
    case wrongType(column: Int)
    /// The database is closed.
    case closed
    /// Anything else, such as a full disk.
    case failed(path: String, reason: String)
}

extension StorageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unavailable(let path, let reason): "the database \(path) cannot be opened: \(reason)"
        case .damaged(let path, let reason): "the database \(path) is damaged: \(reason)"
        case .newer(let path, let version):
            "the database \(path) was made by a newer version of this program (schema \(version))"
        case .busy(let path): "the database \(path) is locked by another process"
        case .wrongType(let column): "column \(column) of the database does not have the type it should"
        case .closed: "the database is closed"
        case .failed(let path, let reason): "the database \(path) cannot be used: \(reason)"
        }
    }

    /// Whether another, empty file must take the place of this one.
    var isDamage: Bool {
        switch self {
        case .damaged, .newer: true
        case .unavailable, .busy, .wrongType, .closed, .failed: false
        }
    }
}
