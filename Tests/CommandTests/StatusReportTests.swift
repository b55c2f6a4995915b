import Apus
import Foundation
import Testing

@testable import ApusCommand

/// What a running node tells of itself at SIGUSR1.
struct StatusReportTests {
    @Test func `SIGUSR1 makes a program hear who holds what, and how it stands with configured peers`() async throws {
        let listener = try await RunningNode.start()
        let absent = listener.address(of: RunningNode.stranger)
        let dialer = try await RunningNode.start("--bootstrap", listener.address, "--peer-with", absent)
        _ = try await listener.event("peer_connected")
        _ = try await dialer.event("dial_failed")
        // The listener hears a little later that the dial of the absent peer, which led to it, was given up.
        var (status, resources, system) = ([String: Any](), [String: Any](), [String: Any]())
        for _ in 0..<1_000 where system["inbound_connections"] as? Int != 1 {
            listener.process.signal(SIGUSR1)
            status = try await listener.event("status")
            resources = try #require(status["resources"] as? [String: Any])
            system = try #require(resources["system"] as? [String: Any])
        }
        #expect(system["inbound_connections"] as? Int == 1)
        #expect((system["memory_limit"] as? Int).map { $0 > 1 << 20 } == true)
        let peers = try #require(resources["peers"] as? [[String: Any]])
        #expect(peers.map { $0["peer"] as? String } == [dialer.peer])
        let largest = try #require(status["largest_connections"] as? [[String: Any]])
        #expect(largest.map { $0["peer"] as? String } == [dialer.peer])
        #expect((largest.first?["address"] as? String)?.hasPrefix("/ip4/127.0.0.1/tcp/") == true)
        #expect(largest.first?["streams"] is Int && largest.first?["memory"] is Int)
        #expect((resources["full_networks"] as? [Any])?.isEmpty == true)
        let counters = try #require(status["counters"] as? [[String: Any]])
        let opened = counters.filter { $0["name"] as? String == "libp2p_swarm_connections_opened_total" }
        #expect(opened.map { $0["labels"] as? [String: String] } == [["direction": "inbound"]])
        #expect(opened.map { $0["value"] as? Int } == [1])
        #expect(counters.allSatisfy { ($0["value"] as? Int).map { $0 > 0 } == true })
        dialer.process.signal(SIGUSR1)
        let configured = try #require(try await dialer.event("status")["configured_peers"] as? [[String: Any]])
        #expect(configured.map { $0["peer"] as? String } == [listener.peer, RunningNode.stranger])
        #expect(configured.first?["state"] as? String == "connected")
        #expect((configured.last?["failures"] as? Int).map { $0 >= 1 } == true)
        #expect(configured.first?["next_dial_s"] is NSNull)
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

    @Test func `a report names the ten connections that hold the most, and counts the others`() async throws {
        let network = MemoryNetwork()
        let loops = EventLoopGroup(count: 1)
        var configuration = try NodeConfiguration(listen: ["/memory/0"])
        configuration.memoryNetwork = network
        configuration.sharedLoops = loops
        let listening = configuration
        configuration.listen = []
        let dialling = configuration
        try await withNode(listening) { node in
            let address = try #require(node.addresses.first)
            node.handle("/hold/1.0.0") { stream in
                try await stream.write([1])
                _ = try await stream.readToEnd(limit: 1)
            }
            var dialers: [Node] = []
            for _ in 0..<12 {
                dialers.append(try await Node(dialling))
                _ = try await dialers.last?.connect(to: address)
            }
            let busy = try #require(dialers.last)
            let stream = try await busy.openStream(to: address, ["/hold/1.0.0"])
            for try await _ in stream { break }
            let report = StatusReport(of: node)
            #expect(report.connections == 12)
            #expect(report.largest.count == 10)
            #expect(report.largest.first?.connection.remotePeer == busy.peerID)
            #expect(report.largest.first.map { $0.streams >= 1 && $0.memory >= 256 << 10 } == true)
            #expect(report.text.contains("  and 2 more connections\n"))
            stream.reset()
            for dialer in dialers { await dialer.shutdown() }
        }
        await loops.shutdown()
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
