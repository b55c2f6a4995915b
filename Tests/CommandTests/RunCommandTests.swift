import Foundation
import Testing

@testable import ApusCommand

/// `apus run`, by the built program.
struct RunCommandTests {
    /// What a process that is told to end may take (Docs/CommandLine.md, "Signals").
    private static let limit: Duration = .seconds(3)
    /// On a busy machine a loop may log that it was late; where a test counts lines, errors alone are logged.
    private static let errorsOnly = ["--log-level", "error"]

    @Test func `the first lines for programs say where the node listens`() async throws {
        let node = try await RunningNode.start("--listen", "/ip4/127.0.0.1/tcp/0")
        #expect(node.address.hasPrefix("/ip4/127.0.0.1/tcp/"))
        #expect(node.address.hasSuffix("/p2p/\(node.peer)"))
        let second = try await node.event("listening")
        #expect(second["peer"] as? String == node.peer)
        #expect(second["address"] as? String != node.address)
    }

    @Test func `a person sees the PeerID and the addresses`() async throws {
        let directory = try TemporaryDirectory()
        let process = try CommandProcess.start(RunningNode.arguments(directory))
        let peer = try #require(await process.output.line(containing: "PeerID"))
        let address = try #require(await process.output.line(containing: "/ip4/127.0.0.1/tcp/"))
        #expect(address.hasSuffix(String(try #require(peer.split(separator: " ").last))))
        process.signal(SIGTERM)
        #expect(try await process.finish().exitCode == 0)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends the node in order within three seconds`(_ signal: Int32) async throws {
        let node = try await RunningNode.start()
        let (outcome, time) = try await node.end(signal)
        #expect(outcome.exitCode == 0)
        #expect(time < Self.limit)
    }

    @Test func `the connections of a node that ends are closed in order`() async throws {
        let listener = try await RunningNode.start()
        let dialer = try await RunningNode.start("--bootstrap", listener.address)
        #expect(try await dialer.event("peer_connected")["peer"] as? String == listener.peer)
        let connected = try await listener.event("peer_connected")
        #expect(connected["peer"] as? String == dialer.peer)
        #expect(connected["direction"] as? String == "inbound")
        #expect(connected["security"] as? String == "/noise")
        #expect(connected["muxer"] as? String == "/yamux/1.0.0")
        let (outcome, time) = try await listener.end()
        #expect(outcome.exitCode == 0)
        #expect(time < Self.limit)
        #expect(outcome.output.contains("\"peer_disconnected\""))
        #expect(outcome.output.contains("\"reason\":\"closed on this side\""))
        let disconnected = try await dialer.event("peer_disconnected")
        #expect(disconnected["peer"] as? String == listener.peer)
        #expect(disconnected["reason"] as? String == "closed by the peer")
    }

    @Test func `a peer that does not answer holds up the end for less than three seconds`() async throws {
        let listener = try await RunningNode.start()
        let dialer = try await RunningNode.start("--bootstrap", listener.address)
        _ = try await listener.event("peer_connected")
        await dialer.process.stop()
        let (outcome, time) = try await listener.end()
        #expect(outcome.exitCode == 0)
        #expect(time < Self.limit)
    }

    @Test func `a second SIGINT ends the node at once`() async throws {
        let listener = try await RunningNode.start("--closing-time", "2s")
        let dialer = try await RunningNode.start("--bootstrap", listener.address)
        _ = try await listener.event("peer_connected")
        // A peer that is stopped does not close its half, so that the node waits for its closing time.
        await dialer.process.stop()
        listener.process.signal(SIGINT)
        #expect(await listener.process.errors.line(containing: "ending") != nil)
        let (outcome, _) = try await listener.end(SIGINT)
        #expect(outcome.exitCode == 130)
    }

    @Test(.enabled(if: CommandProcess.canUnshare))
    func `SIGTERM ends the node where it is PID 1`() async throws {
        let directory = try TemporaryDirectory()
        let unshare = try CommandProcess.start(
            ["--pid", "--fork", "--kill-child", "--mount-proc", CommandProcess.apus] + RunningNode.arguments(directory)
                + ["--json"], program: "unshare")
        #expect(await unshare.output.line(containing: "listening") != nil)
        let children = try String(contentsOfFile: "/proc/\(unshare.pid)/task/\(unshare.pid)/children", encoding: .utf8)
        let child = try #require(pid_t(children.split(separator: " ").first ?? ""))
        #expect(try String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8).contains("NSpid:\t\(child)\t1\n"))
        let start = ContinuousClock.now
        kill(child, SIGTERM)
        #expect(try await unshare.finish().exitCode == 0)
        #expect(ContinuousClock.now - start < Self.limit)
    }

    @Test func `the data directory and the key are made for their owner alone`() async throws {
        let home = try TemporaryDirectory()
        let process = try CommandProcess.start(
            ["run", "--listen", "/ip4/127.0.0.1/tcp/0", "--mdns=false", "--json"], home: home.path)
        let event = RunningNode.object(try #require(await process.output.line(containing: "listening")))
        for path in [".local", ".local/share", ".local/share/apus"] {
            #expect(TemporaryDirectory.mode(home.file(path)) == 0o700)
        }
        #expect(TemporaryDirectory.mode(home.file(".local/share/apus/peer.key")) == 0o600)
        process.signal(SIGTERM)
        _ = try await process.finish()
        let id = try await CommandProcess.run("id", "--json", home: home.path)
        #expect(id.object["peer"] as? String == event["peer"] as? String)
    }

    @Test func `a port in use is one line and exit code 1`() async throws {
        let node = try await RunningNode.start()
        let listen = try #require(node.address.components(separatedBy: "/p2p/").first)
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.run(
            "run", "--data-dir", directory.file("data"), "--listen", listen, "--json", "--log-level", "error")
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("address already in use"))
        #expect(outcome.errors.contains("--listen"))
    }

    @Test func `an address of another machine is one line that says what to choose`() async throws {
        let directory = try TemporaryDirectory()
        // TEST-NET-2 (RFC 5737) belongs to nobody.
        let outcome = try await CommandProcess.run(
            "run", "--data-dir", directory.file("data"), "--listen", "/ip4/198.51.100.1/tcp/0", "--log-level", "error")
        #expect(outcome.exitCode == 1)
        #expect(
            outcome.errors
                == "apus: listen on 198.51.100.1:0: address not available; "
                + "choose an address of this machine with --listen, or 0.0.0.0 or :: for all that it has\n")
    }

    @Test(.enabled(if: CommandProcess.canFilterSystemCalls))
    func `a machine without IPv6 is a warning`() async throws {
        let directory = try TemporaryDirectory()
        let process = try CommandProcess.start(
            ["-c", CommandProcess.withoutIPv6, CommandProcess.apus] + RunningNode.arguments(directory)
                + ["--listen", "/ip6/::/tcp/0", "--json"], program: "python3")
        #expect(await process.output.line(containing: "\"listening\"") != nil)
        process.signal(SIGTERM)
        let outcome = try await process.finish()
        #expect(outcome.exitCode == 0)
        #expect(outcome.errorLines.filter { $0.contains("warning") && $0.contains("/ip6/::/tcp/0") }.count == 1)
    }

    @Test(.enabled(if: CommandProcess.canFilterSystemCalls))
    func `no address to listen on is an error`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.start(
            [
                "-c", CommandProcess.withoutIPv6, CommandProcess.apus, "run", "--data-dir", directory.file("data"),
                "--listen", "/ip6/::1/tcp/0",
            ] + Self.errorsOnly, program: "python3"
        ).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorLines.count == 1)
    }

    @Test func `a damaged key file is refused, and kept`() async throws {
        let node = try await RunningNode.start()
        _ = try await node.end()
        let path = try node.directory.write("data/peer.key", "damaged".utf8)
        let outcome = try await CommandProcess.start(
            RunningNode.arguments(node.directory) + Self.errorsOnly
        ).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("apus: the file \(path) holds no libp2p private key: "))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "damaged")
    }

    @Test func `a key file that others may read is refused`() async throws {
        let node = try await RunningNode.start()
        _ = try await node.end()
        let path = node.directory.file("data/peer.key")
        chmod(path, 0o640)
        let outcome = try await CommandProcess.start(
            RunningNode.arguments(node.directory) + Self.errorsOnly
        ).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == "apus: the key file \(path) may be read by others than its owner; run: chmod 600 \(path)\n")
    }

    @Test func `bad arguments change nothing`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.run(
            "run", "--data-dir", directory.file("data"), "--listen", "/ip4/300.0.0.1/tcp/1")
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test func `an address that no transport has is refused before anything is made`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.run(
            "run", "--data-dir", directory.file("data"), "--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--log-level",
            "error")
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("/ip4/127.0.0.1/udp/0/quic-v1"))
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test func `a bootstrap peer that cannot be reached is one warning`() async throws {
        let node = try await RunningNode.start(
            "--bootstrap", "/ip4/127.0.0.1/tcp/1/p2p/\(RunningNode.stranger)")
        let event = try await node.event("dial_failed")
        #expect(event["peer"] as? String == RunningNode.stranger)
        let attempt = try #require((event["attempts"] as? [[String: Any]])?.first)
        #expect(attempt["address"] as? String == "/ip4/127.0.0.1/tcp/1")
        #expect(attempt["kind"] as? String == "refused")
        #expect((attempt["cause"] as? String)?.contains("connection refused") == true)
        #expect(attempt["ms"] is Int)
        let (outcome, _) = try await node.end()
        #expect(outcome.exitCode == 0)
        let warnings = outcome.errorLines.filter { $0.contains(" warning ") && $0.contains(RunningNode.stranger) }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("connection refused") == true)
    }

    @Test func `flags, environment and file reach the node`() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("apus.json5", "{ agent: 'from the file', perf: true, }".utf8)
        let node = try await RunningNode.start("--config", file, environment: ["APUS_AGENT": "from the environment"])
        let outcome = try await CommandProcess.run("identify", node.address, "--json")
        #expect(outcome.object["agent"] as? String == "from the environment")
        #expect((outcome.object["protocols"] as? [String])?.contains("/perf/1.0.0") == true)
    }

    @Test func `a reader that goes away ends the node quietly`() async throws {
        let directory = try TemporaryDirectory()
        let program = "\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}"
        let outcome = try await CommandProcess.start(
            ["-c", program, CommandProcess.apus] + RunningNode.arguments(directory) + Self.errorsOnly, program: "bash"
        ).finish()
        #expect(outcome.exitCode == 0)
        #expect(outcome.errors == "")
    }

    @Test func `a reader that stalls does not keep the node from ending`() async throws {
        let node = try await RunningNode.start()
        node.process.output.shrink()
        // Nobody reads on, and the events of these connections are more than the pipe holds.
        for _ in 0..<10 { _ = try await CommandProcess.run("identify", node.address, "--json") }
        let pid = node.process.pid
        let start = ContinuousClock.now
        node.process.signal(SIGTERM)
        await onThread {
            var information = siginfo_t()
            waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
        }
        #expect(ContinuousClock.now - start < Self.limit)
        #expect(try await node.process.finish().exitCode == 0)
    }
}
