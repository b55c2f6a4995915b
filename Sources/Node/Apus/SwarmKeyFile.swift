import Bytes
import Foundation
public import PrivateNetwork

/// The key of a private network in a file: `swarm.key`, as Kubo and go-libp2p have it.
public struct SwarmKeyFile: Sendable {
    /// Where the file is, with `~` replaced.
    public let path: String

    /// The file at `path`, which may begin with `~`, whether it exists or not.
    public init(_ path: String) {
        self.path = path.expandingHome
    }

    /// Whether there is such a file.
    public var exists: Bool { FileManager.default.fileExists(atPath: self.path) }

    /// Reads the key. Throws `SwarmKeyFileError`, which never shows what stands in the file.
    public func read() throws(SwarmKeyFileError) -> PrivateNetworkKey {
        let contents: Bytes
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: self.path))
            defer { try? handle.close() }
            contents = Bytes(try handle.read(upToCount: PrivateNetworkKey.maximumFileSize + 1) ?? Data())
        } catch {
            throw .unreadable(path: self.path, reason: Self.reason(error))
        }
        do throws(SwarmKeyError) {
            return try PrivateNetworkKey(swarmKey: contents)
        } catch {
            throw .damaged(path: self.path, error)
        }
    }

    private static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let cause, cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return String(cString: strerror(Int32(cause.code)))
    }
}

/// Why the file of a private network's key cannot be used, with what to do about it.
public enum SwarmKeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such file, or the system does not let this process read it.
    case unreadable(path: String, reason: String)
    /// What is in the file is no key.
    case damaged(path: String, SwarmKeyError)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "the swarm key \(path) cannot be read: \(reason); check the path, and whose it is with: ls -ld \(path)"
        case .damaged(let path, let error):
            "the swarm key \(path) is wrong: \(error); copy it again from a node of the private network"
        }
    }
}

/// Why a node does not start that is in no private network: the environment forbids it, as it does for go-libp2p.
public struct PrivateNetworkRequired: Error, Hashable, Sendable, CustomStringConvertible {
    /// The variable of go-libp2p; where it is "1", a node without a key refuses to start.
    public static let variable = "LIBP2P_FORCE_PNET"

    public var description: String {
        "\(Self.variable)=1 asks for a private network, and this node has no key; give one with --swarm-key FILE, or unset it"
    }

    /// Throws where the environment asks for a private network and there is none.
    static func check(_ key: PrivateNetworkKey?) throws(PrivateNetworkRequired) {
        guard key == nil, ProcessInfo.processInfo.environment[Self.variable] == "1" else { return }
        throw PrivateNetworkRequired()
    }
}
