import Foundation
import Testing

/// `apus access` and `apus peers`, by the built program, beside a node that runs and without one.
struct AccessCommandTests {
    @Test func `the list of a directory is changed and shown`() async throws {
        let directory = try TemporaryDirectory()
        func run(_ arguments: String...) async throws -> CommandProcess.Outcome {
            try await CommandProcess.start(arguments + ["--data-dir", directory.file("data")]).finish()
        }
        #expect(try await run("access", "list").output == "The access list is empty.\n")
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
        #expect(try await run("access", "deny", "192.0.2.0/24").output == "denied   192.0.2.0/24\n")
        #expect(try await run("access", "allow", "192.0.2.7").output == "allowed  192.0.2.7\n")
        let allowed = try await run("access", "allow", RunningNode.stranger, "--json")
        #expect(allowed.object["action"] as? String == "allowed")
        #expect(allowed.object["target"] as? String == RunningNode.stranger)
        #expect(TemporaryDirectory.mode(directory.file("data")) == 0o700)
        #expect(TemporaryDirectory.mode(directory.file("data/peers.sqlite")) == 0o600)
        #expect(
            try await run("access", "list").output
                == "deny   192.0.2.0/24\nallow  192.0.2.7\nallow  \(RunningNode.stranger)\n")
        #expect(
            try await run("access", "list", "--json").output.split(separator: "\n").first
                == #"{"action":"deny","target":"192.0.2.0/24"}"#)
        #expect(try await run("access", "remove", "192.0.2.0/24").output == "removed  192.0.2.0/24\n")
        let missing = try await run("access", "remove", "192.0.2.0/24")
        #expect(missing.exitCode == 1)
        #expect(missing.errors == "apus: there is no rule for 192.0.2.0/24; see: apus access list\n")
    }

    @Test(arguments: ["192.0.2.1/24", "example.org", ""]) func `what is no target is refused, and nothing is made`(
        target: String
    ) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.run(
            "access", "deny", target, "--data-dir", directory.file("data"))
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test func `a damaged database is left to the node, which sets it aside and starts`() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: directory.file("data"), withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let path = try directory.write("data/peers.sqlite", "damaged".utf8)
        let outcome = try await CommandProcess.run("access", "list", "--data-dir", directory.file("data"))
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.hasPrefix("apus: the database \(path) is damaged: "))
        #expect(outcome.errors.hasSuffix("; \"apus run\" sets it aside under another name and begins an empty one\n"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "damaged")
        let process = try CommandProcess.start(RunningNode.arguments(directory) + ["--json"])
        #expect(await process.output.line(containing: "\"listening\"") != nil)
        process.signal(SIGTERM)
        let end = try await process.finish()
        #expect(end.exitCode == 0)
        #expect(
            end.errorLines.count { $0.contains("a database is damaged") && $0.contains("file is not a database") } == 1)
        #expect(end.errorLines.count { $0.contains("is set aside") && $0.contains("peers.sqlite.damaged-1") } == 1)
        #expect(try String(contentsOfFile: "\(path).damaged-1", encoding: .utf8) == "damaged")
    }

    @Test func `a node that runs takes a change over, ends the peer's connection and refuses the next`() async throws {
        let node = try await RunningNode.start()
        let dialler = try await RunningNode.start("--bootstrap", node.address)
        _ = try await node.event("peer_connected")
        let outcome = try await CommandProcess.run(
            "access", "deny", dialler.peer, "--data-dir", node.directory.file("data"))
        #expect(outcome.exitCode == 0)
        let refused = try await node.event("connection_refused")
        #expect(refused["peer"] as? String == dialler.peer)
        #expect((refused["reason"] as? String)?.contains("denied by the access list") == true)
        #expect(try await node.event("peer_disconnected")["peer"] as? String == dialler.peer)
    }

    @Test func `a node that lets in only who is allowed refuses the others`() async throws {
        let node = try await RunningNode.start("--only-allowed")
        #expect(await node.process.errors.line(containing: "--only-allowed shuts everybody out") != nil)
        let refused = try await CommandProcess.run("ping", node.address, "--count", "1")
        #expect(refused.exitCode == 1)
        #expect(try await node.event("connection_refused")["direction"] as? String == "inbound")
        let allowed = try await CommandProcess.run(
            "access", "allow", "127.0.0.0/8", "--data-dir", node.directory.file("data"))
        #expect(allowed.exitCode == 0)
        #expect(await node.process.errors.line(containing: "the access list was changed") != nil)
        #expect(try await CommandProcess.run("ping", node.address, "--count", "1").exitCode == 0)
    }

    @Test func `a configured peer that is not on the list of those who are allowed is one warning`() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let allowed = "/ip4/127.0.0.1/tcp/1/p2p/\(RunningNode.stranger)"
        let other = "12D3KooWAfirbCr6Z3mxphRG4pQV7WhDtW37CJNHfVZQ7wMSyETe"
        let rule = try await CommandProcess.run("access", "allow", RunningNode.stranger, "--data-dir", data)
        #expect(rule.exitCode == 0)
        let process = try CommandProcess.start(
            RunningNode.arguments(directory) + [
                "--json", "--only-allowed", "--bootstrap", allowed, "--peer-with", "/ip4/127.0.0.1/tcp/1/p2p/\(other)",
                "--peer-with", "/ip4/127.0.0.1/tcp/2/p2p/\(other)",
            ])
        #expect(await process.output.line(containing: "\"listening\"") != nil)
        process.signal(SIGTERM)
        let outcome = try await process.finish()
        let warnings = outcome.errorLines.filter { $0.contains("is shut out by --only-allowed") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("apus access allow \(other)") == true)
        #expect(!outcome.errors.contains("shuts everybody out"))
    }

    @Test func `the peers of a node are listed while it runs and after it was killed`() async throws {
        let peer = try await RunningNode.start()
        let node = try await RunningNode.start("--bootstrap", peer.address, "--agent", "lister/1")
        _ = try await node.event("peer_identified")
        var listed: [String: Any] = [:]
        // It is written a second behind the event.
        while (listed["agent"] as? String)?.isEmpty != false {
            listed =
                try await CommandProcess.run("peers", "--json", "--data-dir", node.directory.file("data")).object
        }
        #expect(listed["peer"] as? String == peer.peer)
        #expect((listed["agent"] as? String)?.hasPrefix("apus/") == true)
        #expect(listed["connected"] as? Bool == true)
        #expect((listed["protocols"] as? [String])?.contains("/ipfs/ping/1.0.0") == true)
        #expect(listed["key_type"] as? String == "ed25519")
        let addresses = try #require(listed["addresses"] as? [[String: Any]])
        #expect(addresses.contains { $0["source"] as? String == "configured" })
        node.process.signal(SIGKILL)
        _ = try await node.process.finish()
        let text = try await CommandProcess.run("peers", "--data-dir", node.directory.file("data")).output
        // What it wrote last is that they are connected, which a node that does not run is with nobody.
        #expect(try text.contains(Regex("^\(peer.peer)  seen [0-9]+ s ago, apus/")), "\(text)")
        let address = try #require(peer.address.components(separatedBy: "/p2p/").first)
        #expect(text.contains("\n  \(address)  configured"))
    }

    @Test func `a directory without a node has no peers`() async throws {
        let outcome = try await CommandProcess.run("peers", "--data-dir", "/nonexistent/data")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "No peer is known.\n")
    }
}
