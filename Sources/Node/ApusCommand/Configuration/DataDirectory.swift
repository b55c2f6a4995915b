import Apus
import Foundation
import Storage

/// Where a node keeps its key and its state.
struct DataDirectory: Sendable {
    let path: String

    init(_ path: String) { self.path = path.expandingHome }

    var keyFile: KeyFile { KeyFile("\(self.path)/peer.key") }

    /// The database of what the node knows of peers, and of its access list.
    var database: String { "\(self.path)/peers.sqlite" }

    /// The key of the private network that the node is in, where there is one.
    var swarmKeyFile: SwarmKeyFile { SwarmKeyFile("\(self.path)/swarm.key") }

    /// Makes the directory, and those above it that are missing, for their owner alone.
    func make() throws(CommandError) {
        var information = stat()
        if stat(self.path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFDIR else {
                throw .failed("the data directory \(self.path) is a file; choose another with --data-dir")
            }
            if information.st_mode & 0o022 != 0 {
                ErrorOutput.line(
                    "warning: others may write to the data directory \(self.path); run: chmod 700 \(self.path)")
            }
            return
        }
        if let parent = self.parent, stat(parent, &information) != 0 { try DataDirectory(parent).make() }
        guard mkdir(self.path, 0o700) == 0 || errno == EEXIST else {
            let reason = String(cString: strerror(errno))
            throw .failed(
                "the data directory \(self.path) cannot be made: \(reason); choose another with --data-dir")
        }
    }

    /// The directory that it is in; nil for the root's, and for the one that the process is in.
    ///
    /// Foundation's `deletingLastPathComponent` traps for a name of one character (Swift 6.3 on Linux).
    var parent: String? {
        var rest = self.path.utf8[...]
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        guard let slash = rest.lastIndex(of: UInt8(ascii: "/")), slash > rest.startIndex else { return nil }
        return String(rest[..<slash])
    }

    /// Lends the node's database to `body`, beside a node that runs with it perhaps; nil where there is none, and `makesIt`
    /// does not ask for one. One that is damaged is left to the node.
    @discardableResult
    func withDatabase<Value: Sendable>(
        makesIt: Bool = false, _ body: @escaping @Sendable (Database) throws(StorageError) -> Value
    ) async throws(StorageError) -> Value? {
        guard makesIt || NodeDatabase.isThere(self.database) else { return nil }
        let storage = try await NodeDatabase.open(self.database, setsDamagedAside: false)
        do throws(StorageError) {
            let value = try await storage.perform(body)
            await storage.close()
            return value
        } catch {
            await storage.close()
            throw error
        }
    }
}
