import Foundation
import Testing

@testable import ApusCommand

/// A data directory is made where it is missing, and one node at a time has it.
struct DataDirectoryTests {
    @Test func `a second node of a data directory ends with one line that names the first`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.start(
            RunningNode.arguments(node.directory) + ["--log-level", "error"]
        ).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("process \(node.process.pid) runs the node of the data directory"))
        #expect(try await node.end().outcome.exitCode == 0)
    }

    @Test func `the list and the peers of a node that runs can be looked at and changed`() async throws {
        let node = try await RunningNode.start()
        let data = node.directory.file("data")
        for words in [["access", "deny", "192.0.2.1"], ["access", "list"], ["peers"], ["id"]] {
            let outcome = try await CommandProcess.start(words + ["--data-dir", data]).finish()
            #expect(outcome.exitCode == 0, "\(words)")
        }
        #expect(try await node.end().outcome.exitCode == 0)
    }

    @Test func `a node that was killed leaves its directory to the next`() async throws {
        let node = try await RunningNode.start()
        #expect(try await node.end(SIGKILL).outcome.exitCode == 128 + SIGKILL)
        let next = try CommandProcess.start(RunningNode.arguments(node.directory) + ["--json"])
        let line = try #require(await next.output.line(containing: "\"listening\""))
        #expect(RunningNode.object(line)["peer"] as? String == node.peer)
        next.signal(SIGTERM)
        #expect(try await next.finish().exitCode == 0)
    }

    @Test(
        arguments: [
            ("a", nil), ("a/", nil), ("a/b", "a"), ("a//b", "a/"), ("./a", "."), ("/a", nil), ("/a/", nil),
            ("/a/b/", "/a"),
            ("/", nil), ("//", nil),
        ] as [(String, String?)])
    func `a directory is in another, unless it is the process's own or the root's`(_ path: String, _ parent: String?) {
        #expect(DataDirectory(path).parent == parent)
    }

    @Test func `directories that are missing are made, whatever their names`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a/b//c/")
        try DataDirectory(path).make()
        try DataDirectory(path).make()
        #expect(FileManager.default.fileExists(atPath: directory.file("a/b/c")))
    }
}
