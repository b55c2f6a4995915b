import Foundation
import Testing

/// What a running node tells of itself at SIGUSR1.
struct StatusReportTests {
    @Test func `SIGUSR1 makes a program hear who holds what, and how it stands with configured peers`() async throws {
        let listener = try await RunningNode.start()
        let absent = listener.address(of: RunningNode.stranger)
        let dialer = try await RunningNode.start("--bootstrap", listener.address, "--peer-with", absent)
        _ = try await listener.event("peer_connected")
        _ = try await dialer.event("dial_failed")
        listener.process.signal(SIGUSR1)
        let status = try await listener.event("status")
        let resources = try #require(status["resources"] as? [String: Any])
        let system = try #require(resources["system"] as? [String: Any])
        #expect(system["inbound_connections"] as? Int == 1)
        #expect((system["memory_limit"] as? Int).map { $0 > 1 << 20 } == true)
        let peers = try #require(resources["peers"] as? [[String: Any]])
        #expect(peers.map { $0["peer"] as? String } == [dialer.peer])
        dialer.process.signal(SIGUSR1)
        let configured = try #require(try await dialer.event("status")["configured_peers"] as? [[String: Any]])
        #expect(configured.map { $0["peer"] as? String } == [listener.peer, RunningNode.stranger])
        #expect(configured.first?["state"] as? String == "connected")
        #expect((configured.last?["failures"] as? Int).map { $0 >= 1 } == true)
        #expect(try await dialer.end().outcome.exitCode == 0)
        #expect(try await listener.end().outcome.exitCode == 0)
    }

    @Test func `a person gets the same as text`() async throws {
        let directory = try TemporaryDirectory()
        let process = try CommandProcess.start(
            RunningNode.arguments(directory) + ["--memory-limit", "128MiB", "--max-connections", "6"])
        _ = try #require(await process.output.line(containing: "/ip4/127.0.0.1/tcp/"))
        process.signal(SIGUSR1)
        #expect(await process.output.line(containing: "Connections  0") != nil)
        #expect(
            await process.output.line(containing: "this node: connections 0 in 0 out of")?.contains("128 MiB") == true)
        process.signal(SIGTERM)
        #expect(try await process.finish().exitCode == 0)
    }

    @Test func `a configured peer that goes away is dialled until it is back`() async throws {
        let listener = try await RunningNode.start()
        let dialer = try await RunningNode.start("--peer-with", listener.address)
        _ = try await dialer.event("peer_connected")
        let port = try #require(listener.address.split(separator: "/").dropFirst(3).first)
        _ = try await listener.end()
        _ = try await dialer.event("dial_failed")
        let back = try CommandProcess.start([
            "run", "--json", "--data-dir", listener.directory.file("data"), "--listen", "/ip4/127.0.0.1/tcp/\(port)",
        ])
        let line = try #require(await dialer.process.output.line(containing: "\"peer_connected\""))
        #expect(RunningNode.object(line)["peer"] as? String == listener.peer)
        #expect(try await dialer.end().outcome.exitCode == 0)
        back.signal(SIGTERM)
        #expect(try await back.finish().exitCode == 0)
    }
}
