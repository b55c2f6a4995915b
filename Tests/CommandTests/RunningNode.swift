import Foundation
import Testing

/// An `apus run` that listens on a port of its own, in a directory of its own.
final class RunningNode: Sendable {
    let process: CommandProcess
    let directory: TemporaryDirectory
    /// Its first address, with its PeerID.
    let address: String
    let peer: String

    private init(_ process: CommandProcess, _ directory: TemporaryDirectory, _ event: [String: Any]) throws {
        self.process = process
        self.directory = directory
        self.address = try #require(event["address"] as? String)
        self.peer = try #require(event["peer"] as? String)
    }

    deinit {
        // A test that failed on its way leaves no process behind.
        self.process.signal(SIGCONT)
        self.process.signal(SIGKILL)
    }

    /// Starts a node and waits for its "listening".
    static func start(_ arguments: String..., environment: [String: String] = [:]) async throws -> RunningNode {
        let directory = try TemporaryDirectory()
        let process = try CommandProcess.start(
            Self.arguments(directory) + ["--json"] + arguments, environment: environment)
        let line = await process.output.line(containing: "\"listening\"")
        return try RunningNode(process, directory, Self.object(try #require(line)))
    }

    /// The arguments of a node whose data is in `directory`; it does not look for others on the networks of the host.
    static func arguments(_ directory: TemporaryDirectory) -> [String] {
        ["run", "--data-dir", directory.file("data"), "--listen", "/ip4/127.0.0.1/tcp/0", "--mdns=false"]
    }

    /// The next event of that name.
    func event(_ name: String) async throws -> [String: Any] {
        Self.object(try #require(await self.process.output.line(containing: "\"event\":\"\(name)\"")))
    }

    /// Ends the node by a signal, and returns what it still printed and how long it took.
    func end(_ number: Int32 = SIGTERM) async throws -> (outcome: CommandProcess.Outcome, time: Duration) {
        let start = ContinuousClock.now
        self.process.signal(number)
        let outcome = try await self.process.finish()
        return (outcome, ContinuousClock.now - start)
    }

    /// A PeerID that no node here has.
    static let stranger = "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"

    /// The address with another PeerID at its end.
    func address(of peer: String) -> String {
        self.address.replacingOccurrences(of: self.peer, with: peer)
    }

    static func object(_ line: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]) ?? [:]
    }
}
