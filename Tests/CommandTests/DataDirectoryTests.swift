import Foundation
import Testing

/// One node at a time has a data directory, by the built program.
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
}
