import Apus

/// `apus id`: who the node of a data directory is.
enum IdentityCommand {
    static let command = Command(
        "id", summary: "print the PeerID of this machine's node",
        discussion: "It reads the key of the data directory, and makes none: the first \"apus run\" does that.",
        options: [RunOptions.config.declaration, RunOptions.dataDir.declaration],
        examples: [
            Command.Example("apus id", "Prints the PeerID of the node that \"apus run\" starts."),
            Command.Example("apus id --data-dir /var/lib/apus --json", "Prints that of another node, as an object."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        let file = directory.keyFile
        let key: PrivateKey
        do {
            key = try file.read(allowingExposed: true)
        } catch KeyFileError.missing {
            throw CommandError.failed(
                "there is no key in \(directory.path) yet; start the node with: apus run --data-dir \(directory.path)")
        }
        file.warnIfExposed()
        if invocation.isJSON {
            try await invocation.output.json(
                .object([
                    "peer": .string("\(key.peerID)"), "cid": .string(key.peerID.cidText),
                    "key_type": .string("\(key.type)"), "file": .string(file.path),
                ]))
        } else {
            try await invocation.output.line("\(key.peerID)")
        }
    }
}
