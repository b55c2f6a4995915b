import Apus
import Foundation

/// Where a node keeps its key and its state.
struct DataDirectory: Sendable {
    let path: String

    init(_ path: String) { self.path = path.expandingHome }

    var keyFile: KeyFile { KeyFile("\(self.path)/peer.key") }

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
        let parent = NSString(string: self.path).deletingLastPathComponent
        if !parent.isEmpty, parent != self.path, stat(parent, &information) != 0 { try DataDirectory(parent).make() }
        guard mkdir(self.path, 0o700) == 0 || errno == EEXIST else {
            let reason = String(cString: strerror(errno))
            throw .failed(
                "the data directory \(self.path) cannot be made: \(reason); choose another with --data-dir")
        }
    }
}
