import Foundation
import Testing

@testable import ApusCommand

/// What `apus run` says of addresses that it is not to tell peers of, by the built program.
struct AnnounceCommandTests {
    @Test(arguments: [
        ("--announce /ip4/1.2.3.4/tcp/4001/p2p/\(RunningNode.stranger)", "another peer's: this node has no key yet"),
        ("--announce /p2p/\(RunningNode.stranger)", "another peer's"),
        ("--announce /ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/tcp/4001 is the address of no host"),
        ("--announce /ip6/::/tcp/4001", "the address of no host"),
        ("--announce /ip4/1.2.3.4", "/ip4/1.2.3.4 has no port"),
        ("--announce-only", "--announce-only wants an address to tell of"),
    ])
    func `it is one line and exit code 2, and nothing is made`(_ words: String, _ reason: String) async throws {
        let directory = try TemporaryDirectory()
        let words = words.split(separator: " ").map(String.init)
        let outcome = try await CommandProcess.start(RunningNode.arguments(directory) + words).finish()
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains(reason), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test func `an address may end in the node's own peer, which is not told, and in no other`() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let key = try await CommandProcess.run(
            "key", "generate", "--type", "ed25519", "--out", "\(data)/peer.key", "--json")
        let peer = try #require(key.object["peer"] as? String)
        let arguments = RunningNode.arguments(directory) + ["--json", "--announce-only", "--announce"]
        let other = try await CommandProcess.start(arguments + ["/ip4/1.2.3.4/tcp/1/p2p/\(RunningNode.stranger)"])
            .finish()
        #expect(other.exitCode == 2)
        #expect(other.errors.contains("is another peer's; this node is \(peer)"))
        let process = try CommandProcess.start(arguments + ["/ip4/1.2.3.4/tcp/1/p2p/\(peer)"])
        let line = try #require(await process.output.line(containing: "\"listening\""))
        let node = try #require(RunningNode.object(line)["address"] as? String)
        let identified = try await CommandProcess.run("identify", node, "--json")
        #expect(identified.output.contains("/ip4/1.2.3.4/tcp/1\""), "\(identified)")
        process.signal(SIGTERM)
        #expect(try await process.finish().exitCode == 0)
    }
}
