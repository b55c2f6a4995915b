import Bytes
import Cryptography
import Foundation
public import PeerIdentity

/// A peer's private key in a file: the libp2p `PrivateKey` protobuf, as every implementation reads it.
public struct KeyFile: Sendable {
    public let path: String

    /// The largest file that is read: more than any key takes.
    private static let maximumSize = 65_536

    public init(_ path: String) {
        self.path = NSString(string: path).expandingTildeInPath
    }

    public var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// Whether others than the owner may read the file.
    public var isExposed: Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: self.path)
        guard let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue else { return false }
        return mode & 0o077 != 0
    }

    /// Reads the key. Throws `KeyFileError`; `allowingExposed` is for looking at a key, not for using it.
    public func read(allowingExposed: Bool = false) throws(KeyFileError) -> PrivateKey {
        guard self.exists else { throw .missing(path: self.path) }
        guard allowingExposed || !self.isExposed else { throw .exposed(path: self.path) }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: self.path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: Self.maximumSize) ?? Data()
        } catch {
            throw .unreadable(path: self.path, reason: error.localizedDescription)
        }
        do {
            return try PrivateKey(protobuf: Bytes(data))
        } catch {
            throw .damaged(path: self.path, reason: "\(error)")
        }
    }

    /// Writes the key to a new file that only its owner may read; an existing file is never replaced.
    public func write(_ key: PrivateKey) throws(KeyFileError) {
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? .alreadyExists(path: self.path)
                : .unwritable(path: self.path, reason: String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(key.protobuf))
            try handle.synchronize()
        } catch {
            throw .unwritable(path: self.path, reason: error.localizedDescription)
        }
    }
}

/// Why a key file cannot be used, with what to do about it.
public enum KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case exposed(path: String)
    case unreadable(path: String, reason: String)
    case damaged(path: String, reason: String)
    case alreadyExists(path: String)
    case unwritable(path: String, reason: String)

    public var description: String {
        switch self {
        case .missing(let path): "there is no key file \(path); make one with: apus key generate --out \(path)"
        case .exposed(let path): "the key file \(path) may be read by others than its owner; run: chmod 600 \(path)"
        case .unreadable(let path, let reason): "the key file \(path) cannot be read: \(reason)"
        case .damaged(let path, let reason): "the file \(path) holds no libp2p private key: \(reason)"
        case .alreadyExists(let path): "the file \(path) exists already and is not replaced"
        case .unwritable(let path, let reason): "the key file \(path) cannot be written: \(reason)"
        }
    }
}
