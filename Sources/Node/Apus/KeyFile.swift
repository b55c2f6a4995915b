import Bytes
import Cryptography
import Foundation
public import PeerIdentity

/// A peer's private key in a file: the libp2p `PrivateKey` protobuf, as every implementation reads it.
///
/// The protobuf in base64, as Kubo keeps it in its configuration and `apus key generate` prints it, is read too.
public struct KeyFile: Sendable {
    /// Where the file is, with `~` replaced.
    public let path: String

    /// The largest file that is read, in bytes: more than any key takes in base64.
    private static let maximumSize = 65_536

    /// The file at `path`, which may begin with `~`, whether it exists or not.
    public init(_ path: String) {
        self.path = path.expandingHome
    }

    /// Whether there is such a file.
    public var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// Whether others than the owner may use the file.
    public var isExposed: Bool {
        var information = stat()
        return stat(self.path, &information) == 0 && Self.isExposed(information)
    }

    private static func isExposed(_ information: stat) -> Bool { information.st_mode & 0o077 != 0 }

    /// Reads the key. Throws `KeyFileError`, also for a file that others may use; `allowingExposed` is for looking at a key, not for using it.
    public func read(allowingExposed: Bool = false) throws(KeyFileError) -> PrivateKey {
        let contents = try self.contents(allowingExposed: allowingExposed)
        guard !contents.isEmpty else { throw .damaged(path: self.path, reason: "it is empty") }
        do throws(PeerIdentityError) {
            return try PrivateKey(protobuf: Self.protobuf(contents))
        } catch {
            throw self.failure(error)
        }
    }

    /// A key that is whole but of a kind that is not accepted cannot be restored, only replaced.
    private func failure(_ error: PeerIdentityError) -> KeyFileError {
        switch error {
        case .unknownKeyType, .invalidKey(.unacceptableModulus):
            .unsupported(path: self.path, reason: "\(error)")
        case .tooLong:
            .damaged(
                path: self.path,
                reason: "it is longer than any key that is accepted; RSA keys have at most "
                    + "\(RSA.modulusBits.upperBound) bits")
        default: .damaged(path: self.path, reason: "\(error)")
        }
    }

    /// The bytes of the file that was checked, whatever takes its place meanwhile.
    private func contents(allowingExposed: Bool) throws(KeyFileError) -> Bytes {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .missing(path: self.path) : .unreadable(path: self.path, reason: Self.reason())
        }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            throw .unreadable(path: self.path, reason: Self.reason())
        }
        guard allowingExposed || !Self.isExposed(information) else { throw .exposed(path: self.path) }
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while contents.count <= Self.maximumSize {
            let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return Bytes(contents) }
            guard count > 0 || errno == EINTR else {
                throw .unreadable(path: self.path, reason: Self.reason())
            }
            contents += buffer.prefix(max(count, 0))
        }
        throw .damaged(path: self.path, reason: "it is larger than \(Self.maximumSize) bytes")
    }

    /// The protobuf that the bytes are or hold in base64. It begins with a tag of field 1, which is no letter of base64.
    private static func protobuf(_ contents: Bytes) -> Bytes {
        guard let first = contents.first, first != 0x08 else { return contents }
        let text = String(decoding: contents, as: UTF8.self).filter { !$0.isWhitespace }
        return Data(base64Encoded: text).map { Bytes($0) } ?? contents
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Writes the key to a new file that only its owner may read; an existing file is never replaced. Throws `KeyFileError`.
    public func write(_ key: PrivateKey) throws(KeyFileError) {
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST
                ? .alreadyExists(path: self.path) : .unwritable(path: self.path, reason: Self.reason())
        }
        defer { close(descriptor) }
        let protobuf = key.protobuf
        // A key is so short that a file system takes all of it at once or fails.
        let count = protobuf.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard count == protobuf.count, fsync(descriptor) == 0 else {
            let reason = count < 0 || count == protobuf.count ? Self.reason() : "the file system is full"
            // A file that holds half a key would be in the way of the next attempt.
            unlink(self.path)
            throw .unwritable(path: self.path, reason: reason)
        }
    }
}

/// Why a key file cannot be used, with what to do about it.
public enum KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such file.
    case missing(path: String)
    /// Others than the owner may use the file.
    case exposed(path: String)
    /// The system does not let this process read the file.
    case unreadable(path: String, reason: String)
    /// What is in the file is no private key.
    case damaged(path: String, reason: String)
    /// The private key in the file is of a type or a size that is not accepted.
    case unsupported(path: String, reason: String)
    /// A file that exists is never replaced.
    case alreadyExists(path: String)
    /// The system does not let this process write the file.
    case unwritable(path: String, reason: String)

    public var description: String { "\(self.failure); \(self.advice)" }

    private var failure: String {
        switch self {
        case .missing(let path): "there is no key file \(path)"
        case .exposed(let path): "the key file \(path) may be read by others than its owner"
        case .unreadable(let path, let reason): "the key file \(path) cannot be read: \(reason)"
        case .damaged(let path, let reason): "the file \(path) holds no libp2p private key: \(reason)"
        case .unsupported(let path, let reason): "the key in the file \(path) cannot be used: \(reason)"
        case .alreadyExists(let path): "the file \(path) exists already and is not replaced"
        case .unwritable(let path, let reason): "the key file \(path) cannot be written: \(reason)"
        }
    }

    private var advice: String {
        switch self {
        case .missing(let path): "make one with: apus key generate --out \(path)"
        case .exposed(let path): "run: chmod 600 \(path)"
        case .unreadable(let path, _): "check the path, and whose it is with: ls -ld \(path)"
        case .damaged(let path, _):
            "restore it from a copy, or move it away and make a new key, which is another peer, with: "
                + "apus key generate --out \(path)"
        case .unsupported(let path, _):
            "move it away and make a new key, which is another peer, with: apus key generate --out \(path)"
        case .alreadyExists: "choose another name, or move that file away first"
        case .unwritable:
            "choose another place, or see to it that the directory exists, that you may write to it, and that it has room"
        }
    }
}
